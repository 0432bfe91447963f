"""A person: all leads that are theirs, found by an id, an e-mail address or a phone number.

The leads that are named, and those that share an e-mail with them; one that shares a phone alone is theirs
unless both have e-mails, which then differ: a phone may be a household's or an office's. Such leads are told
of as related, and become the person's when their id, their e-mail or the phone itself is named. So are leads
that share with one of theirs what the person was not found by, and leads that had an address before which is
the person's now, or the other way round: it may have been a mistake. What a related lead has is not marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, func, insert, select, update

from leadlight.data import handles
from leadlight.data.handles import Handle, of_id
from leadlight.store import audit, board, bulk, handle_keys, leads, rights_file, rights_log
from leadlight.store.connection_tables import departures
from leadlight.store.handle_keys import HandleKey
from leadlight.store.leads import StoredLead
from leadlight.store.store import Store
from leadlight.store.tables import current, suppressions, tombstones
from leadlight.store.tables import handles as handle_table
from leadlight.store.tables import leads as lead_table


@dataclass(frozen=True)
class Person:
    """The leads of one person, the keys that nobody else shares, and what else may be theirs."""

    leads: tuple[StoredLead, ...]
    handles: tuple[Handle, ...]
    keys: tuple[HandleKey, ...]
    subject: bytes | None
    related: tuple[StoredLead, ...] = ()
    asked: tuple[Handle, ...] = ()
    barring: tuple[HandleKey, ...] = ()
    """Every key that bars them where it stands, in whatever spelling of a phone."""
    mails_before: int = 0
    """How many e-mail addresses their leads had that nobody has named."""

    @property
    def numbers(self) -> list[int]:
        return [lead.number for lead in self.leads]

    @property
    def strangers(self) -> list[Handle]:
        """What was asked for and is in no lead of theirs."""
        here = _forms(_handles(self.leads))
        return [each for each in self.asked if here.isdisjoint(handles.lookup_forms(each))]


def find(store: Store, connection: Connection, asked: Sequence[Handle]) -> Person:
    """Who is meant by these handles; somebody unknown is a person without leads."""
    found = _theirs(_holders(store, connection, asked), asked)
    mails = [each for each in _handles(found) if each.kind == "email"]
    found = _merged_once(found, _theirs(_holders(store, connection, mails), mails))
    addresses = [each for each in _handles(found) if each.kind == "email"]
    phones = [each for each in _handles(found) if each.kind == "phone"]
    near = _holders(store, connection, phones) if phones else []
    found = _merged_once(found, [lead for lead in near if not addresses or not _addresses(lead)])
    numbers = {lead.number for lead in found}
    known = [*asked, *_handles(found)]
    others = [lead for lead in _holders(store, connection, known) if lead.number not in numbers]
    before = handle_keys.earlier_emails(connection, sorted(numbers))
    once = _holding_earlier_keys(store, connection, [*asked, *addresses], before) - numbers
    related = _merged_once(others, leads.by_numbers(connection, sorted(once)))
    alone = _unshared(known, asked, others)
    keys = tuple(dict.fromkeys(handle_keys.stored_keys(store, alone)))
    return Person(
        tuple(found),
        tuple(dict.fromkeys(known)),
        keys,
        subject_of(store, asked),
        tuple(related),
        tuple(asked),
        tuple(dict.fromkeys([*keys, *handle_keys.lookup_keys(store, alone)])),
        len(before.difference(keys)),
    )


def find_before_acting(store: Store, asked: Sequence[Handle]) -> Person:
    """Who is meant, for somebody who is about to act on them."""
    with store.reading() as connection:
        return find(store, connection, asked)


def find_and_log(store: Store, asked: Sequence[Handle], who: str, act: str, at: float) -> Person:
    """Who is meant, with a line in the trail that somebody looked."""
    with store.writing() as connection:
        person = find(store, connection, asked)
        audit.append(store, connection, who, act, person.subject, {"leads": len(person.leads)}, at)
    return person


def refreshed(store: Store, connection: Connection, person: Person) -> Person:
    """This person as they are now, in the transaction that is to act on them."""
    return replace(find(store, connection, person.asked), subject=person.subject)


def subject_of(store: Store, asked: Sequence[Handle]) -> bytes | None:
    """The keyed hash under which the trail tells of a person, where one is meant."""
    return handle_keys.hashed_key(store, asked[0])[1] if asked else None


def subjects_of(store: Store, person: Person) -> list[bytes]:
    """Every hash under which the trail may tell of this person."""
    return list(dict.fromkeys(handle_keys.hashed_key(store, each)[1] for each in person.handles))


def _handles(found: Sequence[StoredLead]) -> list[Handle]:
    return [each for lead in found for each in handle_keys.handles_of_lead(lead.fields, lead.id)]


def _addresses(lead: StoredLead) -> set[Handle]:
    return {each for each in handle_keys.handles_of_lead(lead.fields, lead.id) if each.kind == "email"}


def _forms(found: Iterable[Handle]) -> set[Handle]:
    return {form for each in found for form in handles.stored_forms(each)}


def _holders(store: Store, connection: Connection, shared: Sequence[Handle]) -> list[StoredLead]:
    """The leads that one of these handles leads to."""
    return leads.by_numbers(
        connection, handle_keys.lead_numbers(connection, handle_keys.lookup_keys(store, shared))
    )


def _merged_once(found: Sequence[StoredLead], more: Sequence[StoredLead]) -> list[StoredLead]:
    """Each once, in the order in which they came."""
    return [lead for _, lead in sorted({lead.number: lead for lead in (*found, *more)}.items())]


def _theirs(holders: Sequence[StoredLead], shared: Sequence[Handle]) -> list[StoredLead]:
    """Those whose own the handle is: an address under another name only where one lead alone has it."""
    wanted = {form for each in shared for form in handles.lookup_forms(each)}
    having = Counter(form for lead in holders for form in _forms(_handles([lead])) & wanted)

    def is_own(lead: StoredLead) -> bool:
        named = _forms(handle_keys.named_handles(lead.fields, lead.id))
        forms = _forms(_handles([lead])) & wanted
        return any(form in named or having[form] == 1 for form in forms)

    return [lead for lead in holders if is_own(lead)]


def _unshared(known: Sequence[Handle], asked: Sequence[Handle], others: Sequence[StoredLead]) -> list[Handle]:
    """What was asked for, and what no lead has that is not theirs."""
    shared, named = _forms(_handles(others)), set(asked)
    return [each for each in known if each in named or shared.isdisjoint(handles.lookup_forms(each))]


def _holding_earlier_keys(
    store: Store, connection: Connection, now: Sequence[Handle], before: Iterable[HandleKey]
) -> set[int]:
    """The leads that had one of these before they changed, or have what these had."""
    return {
        *handle_keys.lead_numbers(
            connection, [*handle_keys.former_keys(handle_keys.lookup_keys(store, now)), *before]
        )
    }


def suppress(store: Store, person: Person, who: str, reason: str, at: float) -> int:
    """Nothing scores this person from now on, and the score that counted counts no more."""
    with store.writing() as connection:
        person = refreshed(store, connection, person)
        rights_log.append(store, connection, rights_file.OBJECTED, person.keys, at, reason)
        add_suppressions(connection, person.keys, reason, at)
        held = stop_scoring(connection, person.numbers)
        detail = {"leads": len(person.leads), "keys": len(person.keys)}
        audit.append(store, connection, who, "suppress", person.subject, detail, at)
    return held


def extend_objection(store: Store, connection: Connection, ids: Sequence[str], at: float) -> None:
    """Let the objection of these leads hold for what they have now, as if it were said again."""
    person = find(store, connection, [of_id(each) for each in ids])
    known = handle_keys.keys_present(connection, suppressions, person.keys)
    fresh = [key for key in person.keys if key not in known]
    if fresh:
        reason = _reason(connection, person.barring)
        rights_log.append(store, connection, rights_file.OBJECTED, fresh, at, reason)
        add_suppressions(connection, fresh, reason, at)
    stop_scoring(connection, person.numbers)


def _reason(connection: Connection, keys: Sequence[HandleKey]) -> str:
    """Why they objected in the first place."""
    hashes = bulk.among(connection, suppressions.c.hash, [digest for _, digest in keys])
    query = select(suppressions.c.reason).where(hashes).order_by(suppressions.c.at).limit(1)
    return connection.execute(query).scalar() or ""


def add_suppressions(connection: Connection, keys: Sequence[HandleKey], reason: str, at: float) -> None:
    """Keep that these people objected."""
    known = handle_keys.keys_present(connection, suppressions, keys)
    rows = [{"kind": k, "hash": h, "at": at, "reason": reason} for k, h in keys if (k, h) not in known]
    if rows:
        connection.execute(insert(suppressions), rows)


def stop_scoring(connection: Connection, numbers: Sequence[int]) -> int:
    """Score these leads no more; gives how many scores counted until now."""
    those = bulk.among(connection, lead_table.c.number, numbers)
    connection.execute(update(lead_table).where(those).values(suppressed=True))
    board.take_off(connection, numbers)
    scored = bulk.among(connection, current.c.lead, numbers)
    return connection.execute(delete(current).where(scored)).rowcount


def stop_scoring_objectors(connection: Connection) -> None:
    """Score nobody whose objection is known by what their lead is kept under now."""
    stop_scoring(
        connection, sorted(set(connection.execute(handle_keys.leads_with_keys_in(suppressions)).scalars()))
    )


def allow(store: Store, person: Person, who: str, at: float) -> tuple[int, int]:
    """Take back an objection, and an erasure's bar on coming in again; how many keys were lifted of each."""
    with store.writing() as connection:
        person = refreshed(store, connection, person)
        objected = handle_keys.keys_present(connection, suppressions, person.barring)
        forgotten = handle_keys.keys_present(connection, tombstones, person.barring)
        for kept_in in (suppressions, tombstones):
            handle_keys.remove_keys(connection, kept_in, person.barring)
        resume_scoring(connection, person.numbers)
        detail = {"objections": len(objected), "erasures": len(forgotten)}
        audit.append(store, connection, who, "allow", person.subject, detail, at)
        rights_log.append(store, connection, rights_file.ALLOWED, sorted(objected | forgotten), at)
    return len(objected), len(forgotten)


def resume_scoring(connection: Connection, numbers: Sequence[int]) -> None:
    """Those of the leads that nothing bars any more may be scored again; not who was deleted elsewhere."""
    still = handle_keys.leads_with_keys_in(suppressions).where(
        bulk.among(connection, handle_table.c.lead, numbers)
    )
    gone = select(departures.c.lead).where(bulk.among(connection, departures.c.lead, numbers))
    barred = {*connection.execute(still).scalars(), *connection.execute(gone).scalars()}
    free = [number for number in numbers if number not in barred]
    those = bulk.among(connection, lead_table.c.number, free)
    change = update(lead_table).where(those, lead_table.c.suppressed)
    connection.execute(change.values(suppressed=False, version=lead_table.c.version + 1))
    board.put(connection, leads.by_numbers(connection, free))


def count_objections(connection: Connection) -> int:
    """How many keys are barred from being scored."""
    return int(connection.execute(select(func.count()).select_from(suppressions)).scalar_one())
