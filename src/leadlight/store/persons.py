"""A person: all leads that are theirs, found by an id, an e-mail address or a phone number.

The leads that are named, and those that share an e-mail with them; one that shares a phone alone is theirs
unless both have e-mails, which then differ: a phone may be a household's or an office's. Such leads are told
of as related, and become the person's when their id, their e-mail or the phone itself is named. So are leads
that had an address before which is the person's now, or the other way round: it may have been a mistake.
"""

from __future__ import annotations

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
        here = {form for each in _handles(self.leads) for form in handles.kept(each)}
        return [each for each in self.asked if here.isdisjoint(handles.sought(each))]


def find(store: Store, connection: Connection, asked: Sequence[Handle]) -> Person:
    """Who is meant by these handles; somebody unknown is a person without leads."""
    named = people.numbers(connection, people.sought(store, asked))
    found = leads.pick(connection, named)
    own = _handles(found)
    mails = [each for each in own if each.kind == "email"]
    found = _more(store, connection, found, mails)
    near = _by_phone(store, connection, found)
    addresses = {each for each in _handles(found) if each.kind == "email"}
    theirs = [lead for lead in near if not addresses or not _addresses(lead)]
    found = sorted([*found, *theirs], key=lambda lead: lead.number)
    before = people.mails_before(connection, [lead.number for lead in found])
    numbers = {lead.number for lead in near} | _once(store, connection, [*asked, *addresses], before)
    related = leads.pick(connection, sorted(numbers - {lead.number for lead in found}))
    known = tuple(dict.fromkeys([*asked, *_handles(found)]))
    others = {form for each in _handles(related) for form in handles.kept(each)}
    alone = [each for each in known if each in asked or others.isdisjoint(handles.sought(each))]
    keys = tuple(dict.fromkeys(people.kept(store, alone)))
    return Person(
        tuple(found),
        known,
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
    return list(dict.fromkeys(each for lead in found for each in people.of_lead(lead.fields, lead.id)))


def _addresses(lead: Kept) -> set[Handle]:
    return {each for each in people.of_lead(lead.fields, lead.id) if each.kind == "email"}


def _more(
    store: Store, connection: Connection, found: Sequence[Kept], shared: Sequence[Handle]
) -> list[Kept]:
    """These leads, and the others that share one of these handles."""
    if not shared:
        return list(found)
    numbers = {*people.numbers(connection, people.sought(store, shared)), *(lead.number for lead in found)}
    return leads.pick(connection, sorted(numbers))


def _once(store: Store, connection: Connection, now: Sequence[Handle], before: Iterable[Key]) -> set[int]:
    """The leads that had one of these before they changed, or have what these had."""
    return {*people.numbers(connection, [*people.former(people.sought(store, now)), *before])}


def _by_phone(store: Store, connection: Connection, found: Sequence[Kept]) -> list[Kept]:
    phones = [each for each in _handles(found) if each.kind == "phone"]
    known = {lead.number for lead in found}
    return [lead for lead in _more(store, connection, found, phones) if lead.number not in known]


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
    still = select(handle_table.c.lead).join(
        suppressions,
        (suppressions.c.hash == handle_table.c.hash) & people.same(handle_table.c.kind, suppressions.c.kind),
    )
    barred = set(
        connection.execute(still.where(bulk.among(connection, handle_table.c.lead, numbers))).scalars()
    )
    free = bulk.among(connection, lead_table.c.number, [n for n in numbers if n not in barred])
    change = update(lead_table).where(free, lead_table.c.suppressed)
    connection.execute(change.values(suppressed=False, version=lead_table.c.version + 1))


def objections(connection: Connection) -> int:
    """How many keys are barred from being scored."""
    return int(connection.execute(select(func.count()).select_from(suppressions)).scalar_one())
