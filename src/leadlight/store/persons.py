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
from leadlight.data.handles import Handle
from leadlight.store import acts, audit, bulk, leads, people, rights
from leadlight.store.leads import Kept
from leadlight.store.people import Key
from leadlight.store.store import Store
from leadlight.store.tables import current, suppressions, tombstones
from leadlight.store.tables import handles as handle_table
from leadlight.store.tables import leads as lead_table


@dataclass(frozen=True)
class Person:
    """The leads of one person, the keys that nobody else shares, and what else may be theirs."""

    leads: tuple[Kept, ...]
    handles: tuple[Handle, ...]
    keys: tuple[Key, ...]
    subject: bytes | None
    related: tuple[Kept, ...] = ()
    asked: tuple[Handle, ...] = ()
    barring: tuple[Key, ...] = ()
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
        return [each for each in self.asked if here.isdisjoint(handles.sought(each))]


def find(store: Store, connection: Connection, asked: Sequence[Handle]) -> Person:
    """Who is meant by these handles; somebody unknown is a person without leads."""
    found = _theirs(_holders(store, connection, asked), asked)
    mails = [each for each in _handles(found) if each.kind == "email"]
    found = _joined(found, _theirs(_holders(store, connection, mails), mails))
    addresses = [each for each in _handles(found) if each.kind == "email"]
    phones = [each for each in _handles(found) if each.kind == "phone"]
    near = _holders(store, connection, phones) if phones else []
    found = _joined(found, [lead for lead in near if not addresses or not _addresses(lead)])
    numbers = {lead.number for lead in found}
    known = [*asked, *_handles(found)]
    others = [lead for lead in _holders(store, connection, known) if lead.number not in numbers]
    before = people.mails_before(connection, sorted(numbers))
    once = _once(store, connection, [*asked, *addresses], before) - numbers
    related = _joined(others, leads.pick(connection, sorted(once)))
    alone = _alone(known, asked, others)
    keys = tuple(dict.fromkeys(people.kept(store, alone)))
    return Person(
        tuple(found),
        tuple(dict.fromkeys(known)),
        keys,
        subject(store, asked),
        tuple(related),
        tuple(asked),
        tuple(dict.fromkeys([*keys, *people.sought(store, alone)])),
        len(before.difference(keys)),
    )


def shown(store: Store, asked: Sequence[Handle]) -> Person:
    """Who is meant, for somebody who is about to act on them."""
    with store.reading() as connection:
        return find(store, connection, asked)


def looked_up(store: Store, asked: Sequence[Handle], who: str, act: str, at: float) -> Person:
    """Who is meant, with a line in the trail that somebody looked."""
    with store.writing() as connection:
        person = find(store, connection, asked)
        audit.append(store, connection, who, act, person.subject, {"leads": len(person.leads)}, at)
    return person


def again(store: Store, connection: Connection, person: Person) -> Person:
    """The same person as they are now, in the transaction that is to act on them."""
    return replace(find(store, connection, person.asked), subject=person.subject)


def subject(store: Store, asked: Sequence[Handle]) -> bytes | None:
    """The keyed hash under which the trail tells of a person, where one is meant."""
    return people.hashed(store, asked[0])[1] if asked else None


def subjects(store: Store, person: Person) -> list[bytes]:
    """Every hash under which the trail may tell of this person."""
    return list(dict.fromkeys(people.hashed(store, each)[1] for each in person.handles))


def _handles(found: Sequence[Kept]) -> list[Handle]:
    return [each for lead in found for each in people.of_lead(lead.fields, lead.id)]


def _addresses(lead: Kept) -> set[Handle]:
    return {each for each in people.of_lead(lead.fields, lead.id) if each.kind == "email"}


def _forms(found: Iterable[Handle]) -> set[Handle]:
    return {form for each in found for form in handles.kept(each)}


def _holders(store: Store, connection: Connection, shared: Sequence[Handle]) -> list[Kept]:
    """The leads that one of these handles leads to."""
    return leads.pick(connection, people.numbers(connection, people.sought(store, shared)))


def _joined(found: Sequence[Kept], more: Sequence[Kept]) -> list[Kept]:
    """Each once, in the order in which they came."""
    return [lead for _, lead in sorted({lead.number: lead for lead in (*found, *more)}.items())]


def _theirs(holders: Sequence[Kept], shared: Sequence[Handle]) -> list[Kept]:
    """Those whose own the handle is: an address under another name only where one lead alone has it."""
    wanted = {form for each in shared for form in handles.sought(each)}
    having = Counter(form for lead in holders for form in _forms(_handles([lead])) & wanted)

    def is_own(lead: Kept) -> bool:
        named = _forms(people.named(lead.fields, lead.id))
        forms = _forms(_handles([lead])) & wanted
        return any(form in named or having[form] == 1 for form in forms)

    return [lead for lead in holders if is_own(lead)]


def _alone(known: Sequence[Handle], asked: Sequence[Handle], others: Sequence[Kept]) -> list[Handle]:
    """What was asked for, and what no lead has that is not theirs."""
    shared, named = _forms(_handles(others)), set(asked)
    return [each for each in known if each in named or shared.isdisjoint(handles.sought(each))]


def _once(store: Store, connection: Connection, now: Sequence[Handle], before: Iterable[Key]) -> set[int]:
    """The leads that had one of these before they changed, or have what these had."""
    return {*people.numbers(connection, [*people.former(people.sought(store, now)), *before])}


def suppress(store: Store, person: Person, who: str, reason: str, at: float) -> int:
    """Nothing scores this person from now on, and the score that counted counts no more."""
    with store.writing() as connection:
        person = again(store, connection, person)
        acts.note(store, connection, rights.OBJECTED, person.keys, at, reason)
        bar(connection, person.keys, reason, at)
        held = hold(connection, person.numbers)
        detail = {"leads": len(person.leads), "keys": len(person.keys)}
        audit.append(store, connection, who, "suppress", person.subject, detail, at)
    return held


def follow(store: Store, connection: Connection, ids: Sequence[str], at: float) -> None:
    """Let the objection of these leads hold for what they have now, as if it were said again."""
    person = find(store, connection, [Handle("id", each) for each in ids])
    known = people.known(connection, suppressions, person.keys)
    fresh = [key for key in person.keys if key not in known]
    if fresh:
        reason = _reason(connection, person.barring)
        acts.note(store, connection, rights.OBJECTED, fresh, at, reason)
        bar(connection, fresh, reason, at)
    hold(connection, person.numbers)


def _reason(connection: Connection, keys: Sequence[Key]) -> str:
    """Why they objected in the first place."""
    hashes = bulk.among(connection, suppressions.c.hash, [digest for _, digest in keys])
    query = select(suppressions.c.reason).where(hashes).order_by(suppressions.c.at).limit(1)
    return connection.execute(query).scalar() or ""


def bar(connection: Connection, keys: Sequence[Key], reason: str, at: float) -> None:
    """Keep that these people objected."""
    known = people.known(connection, suppressions, keys)
    rows = [{"kind": k, "hash": h, "at": at, "reason": reason} for k, h in keys if (k, h) not in known]
    if rows:
        connection.execute(insert(suppressions), rows)


def hold(connection: Connection, numbers: Sequence[int]) -> int:
    """Score these leads no more; gives how many scores counted until now."""
    those = bulk.among(connection, lead_table.c.number, numbers)
    connection.execute(update(lead_table).where(those).values(suppressed=True))
    scored = bulk.among(connection, current.c.lead, numbers)
    return connection.execute(delete(current).where(scored)).rowcount


def hold_objectors(connection: Connection) -> None:
    """Score nobody whose objection is known by what their lead is kept under now."""
    hold(connection, sorted(set(connection.execute(people.matching(suppressions)).scalars())))


def allow(store: Store, person: Person, who: str, at: float) -> tuple[int, int]:
    """Take back an objection, and an erasure's bar on coming in again; how many keys were lifted of each."""
    with store.writing() as connection:
        person = again(store, connection, person)
        objected = people.known(connection, suppressions, person.barring)
        forgotten = people.known(connection, tombstones, person.barring)
        for kept_in in (suppressions, tombstones):
            people.drop(connection, kept_in, person.barring)
        released(connection, person.numbers)
        detail = {"objections": len(objected), "erasures": len(forgotten)}
        audit.append(store, connection, who, "allow", person.subject, detail, at)
        acts.note(store, connection, rights.ALLOWED, sorted(objected | forgotten), at)
    return len(objected), len(forgotten)


def released(connection: Connection, numbers: Sequence[int]) -> None:
    """Those of the leads that nothing bars any more may be scored again."""
    still = people.matching(suppressions).where(bulk.among(connection, handle_table.c.lead, numbers))
    barred = set(connection.execute(still).scalars())
    free = bulk.among(connection, lead_table.c.number, [n for n in numbers if n not in barred])
    change = update(lead_table).where(free, lead_table.c.suppressed)
    connection.execute(change.values(suppressed=False, version=lead_table.c.version + 1))


def objections(connection: Connection) -> int:
    """How many keys are barred from being scored."""
    return int(connection.execute(select(func.count()).select_from(suppressions)).scalar_one())
