"""What the commands about one person do and say."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

from leadlight.cli import homes
from leadlight.cli.command import line, written_out
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page
from leadlight.data import handles
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.handles import Handle
from leadlight.errors import InputError
from leadlight.flows.export import export_person
from leadlight.flows.forget import forget_person, where_copies_remain
from leadlight.flows.people_list import PeopleList, read_people_list
from leadlight.flows.promote import model_in_service
from leadlight.flows.suppress import suppress_people
from leadlight.insight.letter import letter as written
from leadlight.insight.wording import counted
from leadlight.insight.wording import listed as in_words
from leadlight.store import Store, data_subject, departures, handle_keys, overrides, tables
from leadlight.store.data_subject import Person
from leadlight.store.dossier import moment
from leadlight.store.overrides import Override

STANDARD: Final = "-"
NAMED: Final = {"id": ("ID",), "email": ("--email", "ADDRESS"), "phone": ("--phone", "NUMBER")}
WORDS: Final = {"id": "id", "email": "e-mail address", "phone": "phone number"}


def asked(
    ids: Sequence[str] | None, emails: Sequence[str] | None, phones: Sequence[str] | None
) -> list[Handle]:
    """What the person is looked for by."""
    found = []
    for kind, values in (("id", ids), ("email", emails), ("phone", phones)):
        for value in values or ():
            each = handles.in_cell(kind, value)
            if not each:
                raise InputError(f"This is no {WORDS[kind]}.", code="no_handle", where=f"--{kind}")
            found += each
    if not found:
        raise InputError(
            "Name a person: an id, --email or --phone.",
            code="who_is_meant",
            hint="Give the id of a lead, --email ADDRESS or --phone NUMBER.",
        )
    return found


def listed(store: Store, path: Path) -> PeopleList:
    """Everybody in a file; a column of its own for each kind, or one of all kinds without a header."""
    serving = model_in_service(store)
    return read_people_list(path, serving.scorer.schema.name_of("id") if serving else None)


def show_person(store: Store, person: Person, *, as_json: bool) -> None:
    """The leads of a person, without their values."""
    with store.reading() as connection:
        objected = bool(handle_keys.keys_present(connection, tables.suppressions, person.barring))
        gone = departures.numbers(connection)
        forgotten = bool(handle_keys.keys_present(connection, tables.tombstones, person.barring))

    def tell(page: Page) -> None:
        head = ("id", "from", "first seen", "last changed", "objected")
        for title, group in (
            ("Theirs", person.leads),
            ("May be theirs: a phone or an address is shared, or was before", person.related),
        ):
            if group:
                page.heading(title)
                page.table(head, [_row(lead, gone) for lead in group])
        if not person.leads:
            page.say("No lead is this person's.")
        if forgotten:
            page.say("They were forgotten: they do not come in again.")
        if objected:
            page.say("They objected: nothing scores them.")

    Output(as_json).show(
        {
            "leads": [_lead(lead, gone) for lead in person.leads],
            "related": [_lead(lead, gone) for lead in person.related],
            "objected": objected,
            "forgotten": forgotten,
        },
        tell,
    )


def _lead(lead: Any, gone: Collection[int]) -> dict[str, Any]:
    return {
        "id": lead.id,
        "source": lead.source,
        "first_seen": moment(lead.created),
        "last_changed": moment(lead.changed),
        "objected": lead.suppressed and lead.number not in gone,
        "deleted": lead.number in gone,
    }


def _row(lead: Any, gone: Collection[int]) -> tuple[str, ...]:
    days = [moment(at).partition("T")[0] for at in (lead.created, lead.changed)]
    objected = "deleted there" if lead.number in gone else "yes" if lead.suppressed else "no"
    return lead.id, lead.source, *days, objected


def export(
    store: Store, asked: Sequence[Handle], output: str, *, letter: bool, force: bool, as_json: bool
) -> None:
    """All that is held, into a file or to standard output."""
    if output != STANDARD:
        check_free(Path(output), force=force)
    data_subject.find_and_log(store, asked, homes.who(), "export", homes.now())
    told = export_person(store, asked, homes.now())
    text = written(told) if letter else json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    if output == STANDARD:
        sys.stdout.write(text)
        return
    write_bytes_atomically(output, text.encode("utf-8", "surrogatepass"), force=force)
    count = len(told["leads"])
    Output(as_json).show(
        {"output": output, "leads": count}, f"{output}: {counted(count, 'lead')} of this person."
    )


def forget(store: Store, person: Person, home: str | None, *, as_json: bool) -> None:
    """Erase, and say what may still lie elsewhere."""
    done = forget_person(store, person, homes.who(), homes.now())
    note = where_copies_remain(store)
    told = {"erased": done.counts, "related": len(person.related), "models": list(done.models)}

    def tell(page: Page) -> None:
        if person.leads:
            page.say(
                f"Erased: {counted(done.leads, 'lead')} with scores, events and all that hung on them,"
                f" {counted(done.letters, 'dead letter')}, {counted(done.answers, 'kept answer')}."
            )
        _say_more(page, person, home)
        if done.models:
            page.say(f"May have learnt from them, holding no row of anyone: {in_words(done.models)}.")
            page.typed(line("train", *written_out({"home": home})))
        if not done.clean:
            page.say("The files are in use; their bytes leave them with:")
            page.typed(line("db", "vacuum", *written_out({"home": home})))
        if person.leads:
            page.say(note)

    Output(as_json).show({**told, "clean": done.clean, "note": note, **_strangers(person, home)}, tell)


def suppress(
    store: Store,
    asked: Sequence[Handle],
    listed: PeopleList | None,
    reason: str,
    home: str | None,
    *,
    as_json: bool,
) -> None:
    """Score somebody no more, or everybody in a list, who are no one person in the trail."""
    named = [*asked, *(listed.handles if listed else ())]
    done = suppress_people(store, named, homes.who(), reason, homes.now(), many=listed is not None)
    person, ended = done.person, done.scores_ended
    told = {"leads": len(person.leads), "keys": len(person.keys), "scores_ended": ended}
    read = {} if listed is None else {"rows": listed.rows, "unread": listed.unread}

    def tell(page: Page) -> None:
        page.say(
            f"Barred: {counted(len(person.leads), 'lead')} by {counted(len(person.keys), 'mark')};"
            f" {counted(ended, 'score')} counted until now."
        )
        if listed is not None and listed.note:
            page.say(listed.note)
        _say_more(page, person, home)

    Output(as_json).show({**told, **read, **_strangers(person, home)}, tell)


def _strangers(person: Person, home: str | None) -> dict[str, Any]:
    """How much of what was named is in no lead here, and what takes the bar back."""
    count = len(person.strangers)
    before = person.mails_before
    return {"mails_before": before, "strangers": count, "undo": _undo(person, home) if count else None}


def _undo(person: Person, home: str | None) -> str:
    """The command that lets them come in again; the values are not repeated."""
    kinds = {each.kind for each in person.strangers}
    words = [word for kind in handles.KINDS if kind in kinds for word in NAMED[kind]]
    return line("db", "allow", *words, *written_out({"home": home}))


def _say_more(page: Page, person: Person, home: str | None) -> None:
    """Whom else it may be about, and whom it is about although nobody here is."""
    if person.related:
        page.say(f"{counted(len(person.related), 'lead')} more may be theirs:")
        page.typed(line("db", "find", "ID", *written_out({"home": home})))
    if person.mails_before:
        page.say(
            f"Their leads had {counted(person.mails_before, 'other e-mail address')} before, of which nothing"
            " is known but a mark: name them with --email as well where they are theirs."
        )
    counts = Counter(WORDS[each.kind] for each in person.strangers)
    if counts:
        which = in_words([counted(count, word) for word, count in counts.items()])
        page.say(
            f"In no lead here: {which} that you named. Barred nonetheless, should they come in; undo with:"
        )
        page.typed(_undo(person, home))


def override(
    store: Store, lead: str, probability: float | None, name: str, reason: str, *, as_json: bool
) -> None:
    """Set a word against a score, or take it back where no probability is given."""
    if probability is None:
        ended = overrides.end(store, lead, homes.who(), homes.now())
        words = "The model's score counts again." if ended else "No word stood against the model's score."
        Output(as_json).show({"ended": ended}, words)
        return
    said = Override(probability, name, reason, homes.now())
    overrides.give(store, lead, said, homes.who())
    Output(as_json).show(
        {"id": lead, "probability": probability, "name": name, "reason": reason},
        f"{probability:.0%} by {name}, beside the model's score; shown and exported, never learnt from.",
    )
