"""The commands of `leadlight db` that are about one person: all their leads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from leadlight.cli import homes, people
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.insight.wording import counted
from leadlight.store import data_subject

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="Ids of leads of the person.", show_default=False),
]
Email = Annotated[list[str] | None, typer.Option("--email", help="An e-mail address of the person.")]
Phone = Annotated[list[str] | None, typer.Option("--phone", help="A phone number of the person.")]
Lead = Annotated[str, typer.Argument(metavar="ID", help="The id of the lead.")]
OutputPlace = Annotated[
    str, typer.Option("--output", "-o", help="A file, or - for standard output.", show_default="-")
]


def find(
    ids: Ids = None,
    email: Email = None,
    phone: Phone = None,
    home: given.Home = None,
    as_json: given.AsJson = False,
) -> None:
    """Say which leads are this person's, and which may be.

    The leads that are named, and those that share an e-mail with them, or a phone unless both have e-mails
    that differ: a phone may be an office's. Those are told of as related; name their id too if it is them.
    """
    with homes.opened(home) as store:
        person = data_subject.find_and_log(
            store, people.asked(ids, email, phone), homes.who(), "find", homes.now()
        )
        people.show_person(store, person, as_json=as_json)


def export(
    ids: Ids = None,
    email: Email = None,
    phone: Phone = None,
    letter: Annotated[
        bool, typer.Option("--letter", help="A page in plain words to send them, instead of JSON.")
    ] = False,
    output: OutputPlace = "-",
    home: given.Home = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Write all that is held about a person: values and source, every score and why, who may see it.

    JSON, or with --letter a page in Markdown; what only the company knows is left in it to be filled in.
    """
    with homes.opened(home) as store:
        people.export(
            store, people.asked(ids, email, phone), output, letter=letter, force=force, as_json=as_json
        )


def forget(
    ids: Ids = None,
    email: Email = None,
    phone: Phone = None,
    home: given.Home = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")] = False,
    as_json: given.AsJson = False,
) -> None:
    """Erase a person everywhere, for good, and keep a mark that lets no import bring them back.

    The mark is a keyed hash, in the database and in the home's rights.jsonl. The files are written anew, so
    that no byte is left in them; say `leadlight db find` first to see whom it is about.
    """
    with homes.opened(home) as store:
        person = data_subject.find_before_acting(store, people.asked(ids, email, phone))
        if dry_run:
            people.show_person(store, person, as_json=as_json)
        else:
            people.forget(store, person, home, as_json=as_json)


def suppress(
    ids: Ids = None,
    email: Email = None,
    phone: Phone = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file of ids, e-mails or phone numbers, all at once.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a word; no personal data.")] = "objected",
    home: given.Home = None,
    as_json: given.AsJson = False,
) -> None:
    """Let nothing score a person any more, here or in files that are scored with --home.

    Somebody unknown is barred as well, for when they come in. The values stay; `leadlight db forget` erases.
    """
    with homes.opened(home) as store:
        named = [] if file and not (ids or email or phone) else people.asked(ids, email, phone)
        listed = people.listed(store, file) if file else None
        people.suppress(store, named, listed, reason, home, as_json=as_json)


def allow(
    ids: Ids = None,
    email: Email = None,
    phone: Phone = None,
    home: given.Home = None,
    as_json: given.AsJson = False,
) -> None:
    """Take an objection back, and let somebody who was forgotten come in again, as they asked for.

    After an erasure nothing ties an id to an e-mail or a phone any more: name all of them.
    """
    with homes.opened(home) as store:
        person = data_subject.find_before_acting(store, people.asked(ids, email, phone))
        objections, erasures = data_subject.allow(store, person, homes.who(), homes.now())
    marks = counted(objections, "mark of an objection", "marks of objections")
    Output(as_json).show(
        {"objections": objections, "erasures": erasures, "leads": len(person.leads)},
        f"Taken back: {marks}, {erasures:,} of erasures.",
    )


def override(
    lead: Lead,
    probability: Annotated[
        float | None, typer.Option("--probability", help="What to put in the place of the model's, 0 to 1.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Who decides it.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    end: Annotated[bool, typer.Option("--end", help="Let the model's score count again.")] = False,
    home: given.Home = None,
    as_json: given.AsJson = False,
) -> None:
    """Set a person's word against a score, with name and reason: shown and exported, never learnt from."""
    with homes.opened(home) as store:
        people.override(store, lead, None if end else probability, name, reason, as_json=as_json)


COMMANDS: Final = (find, export, forget, suppress, allow, override)
