"""What kind of mailbox a lead wrote from: of a company, a free one, or one that is thrown away."""

from __future__ import annotations

from typing import Final

import polars as pl

from leadlight.data import frame, handles
from leadlight.data.enrichment.web_domains import domain_of

COMPANY: Final = "company"
FREE: Final = "free"
DISPOSABLE: Final = "disposable"

_FREE_LISTED: Final = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com rocketmail.com
    aol.com aim.com icloud.com me.com mac.com proton.me protonmail.com protonmail.ch pm.me
    zoho.com zohomail.com mail.com email.com fastmail.com fastmail.fm hey.com tutanota.com tutanota.de
    tuta.io tuta.com hushmail.com inbox.com gmx.com gmx.net gmx.de gmx.at gmx.ch web.de t-online.de
    freenet.de arcor.de posteo.de mailbox.org online.de vodafone.de kabelmail.de email.de aon.at chello.at
    bluewin.ch hispeed.ch sunrise.ch orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr
    libero.it virgilio.it tiscali.it alice.it tin.it tim.it fastwebnet.it telefonica.net terra.es ono.com
    sapo.pt ziggo.nl kpnmail.nl planet.nl home.nl xs4all.nl telenet.be skynet.be proximus.be
    wp.pl o2.pl onet.pl interia.pl op.pl gazeta.pl seznam.cz centrum.cz email.cz azet.sk zoznam.sk
    freemail.hu citromail.hu abv.bg mail.bg telia.com bredband.net online.no mail.dk sol.dk kolumbus.fi
    mail.ru inbox.ru list.ru bk.ru yandex.ru yandex.com ya.ru rambler.ru ukr.net i.ua meta.ua
    qq.com 163.com 126.com sina.com sina.cn foxmail.com aliyun.com yeah.net naver.com daum.net hanmail.net
    rediffmail.com sify.com indiatimes.com uol.com.br bol.com.br terra.com.br ig.com.br globo.com
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net
    optonline.net juno.com rogers.com shaw.ca sympatico.ca videotron.ca bigpond.com optusnet.com.au
    btinternet.com virginmedia.com sky.com talktalk.net ntlworld.com blueyonder.co.uk eircom.net
"""
_FREE: Final = frozenset(_FREE_LISTED.split())
_FREE_NAMES_LISTED: Final = (
    "gmail googlemail hotmail outlook live yahoo ymail gmx aol icloud protonmail yandex"
)
_FREE_NAMES: Final = frozenset(_FREE_NAMES_LISTED.split())
"""These have an address in most countries: yahoo.co.in, hotmail.fr."""
_DISPOSABLE_LISTED: Final = """
    mailinator.com guerrillamail.com guerrillamail.net guerrillamail.org guerrillamail.info sharklasers.com
    10minutemail.com 10minutemail.net 20minutemail.com temp-mail.org temp-mail.io tempmail.com tempmail.net
    tempmailo.com tempr.email tempail.com throwawaymail.com throwaway.email trashmail.com trashmail.de
    trashmail.net wegwerfmail.de wegwerfmail.net wegwerfemail.de yopmail.com yopmail.fr yopmail.net
    dispostable.com maildrop.cc mailnesia.com mailcatch.com mytemp.email getnada.com nada.email
    moakt.com moakt.cc mohmal.com emailondeck.com fakeinbox.com fakemail.net getairmail.com grr.la
    spam4.me spamgourmet.com discard.email discardmail.com discardmail.de mailnull.com mintemail.com
    burnermail.io minutemail.com inboxkitten.com anonaddy.com mailsac.com einrot.com byom.de muellmail.com
    spambog.com spambog.de spamex.com tmpmail.org tmpmail.net luxusmail.org 1secmail.com 1secmail.net
    1secmail.org emailfake.com generator.email crazymailing.com jetable.org filzmail.com harakirimail.com
    incognitomail.org mail-temp.com mailtemp.net deadaddress.com correotemporal.org
"""
_DISPOSABLE: Final = frozenset(_DISPOSABLE_LISTED.split())


def mail_domain(text: str) -> str | None:
    """The domain of the first address in a cell."""
    if text.isascii() and text.count("@") == 1 and " " not in text and "<" not in text:
        return domain_of(text)
    found = handles.in_cell("email", text)
    return domain_of(found[0].text) if found and "@" in found[0].text else None


def kind_of_mailbox(domain: str) -> str:
    if domain in _DISPOSABLE:
        return DISPOSABLE
    if domain in _FREE or domain.partition(".")[0] in _FREE_NAMES:
        return FREE
    return COMPANY


def of_companies(domains: pl.Series) -> pl.Series:
    """The domains that belong to companies; free and thrown-away mailboxes are nobody's."""
    kinds = frame.map_distinct(domains, kind_of_mailbox, pl.String)
    return domains.set((kinds != COMPANY).fill_null(False), None)
