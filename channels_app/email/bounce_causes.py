"""Hard or soft: whether a failed delivery says that the address itself is dead, or only that this mail failed.

The words count before the codes, because servers put one code on everything (RFC 3463 calls 5.0.0 "undefined", and
5.7.1 stands for unknown mailboxes as well as for refused senders); within the words, what speaks for a living address
counts first: a full mailbox is one that exists.
"""

# ruff: noqa: E501  (tables of phrases of many languages read better unbroken)

import re

# Codes of RFC 3463 and its registry that say so by themselves: no such mailbox or domain, bad syntax, moved, null MX,
# no host to route to.
_DEAD_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})

_ALIVE = re.compile(
    r"""(?ix)
      (?: mail ?box | quota | inbox | maildir | disk | storage | account ) [^\n]{0,40} (?: full | exceed | over\ ?quota | overdrawn )
    | (?: over | exceeds? | exceeded | out\ of ) \ (?: [a-z]{2,12}\ ){0,3} (?: quota | disk | storage )
    | (?: ящик | почтовый\ ящик ) [^\n]{0,30} (?: переполнен | заполнен ) | postfach [^\n]{0,20} voll | buz[óo]n [^\n]{0,20} lleno
    # the words are about our own address: the answer to MAIL FROM
    | after\ mail\ from | (?: domain\ of\ )? sender \ (?: address | domain ) | envelope\ (?: sender | from )
    | blocked | black ?list | blocklist | spam | virus | malware | reputation | \bdmarc\b | \bspf\b | \bdkim\b
    | relay(?:ing)? \ (?: access\ )? (?: denied | not\ permitted | prohibited )
    | too\ (?: large | big | many ) | (?: length | size ) [^\n]{0,20} (?: exceed | limit )
    | suspended | frozen | inactive | temporar | try \ (?: again | later )
    # au (KDDI) names the address where there is no such mailbox, and leaves it out where the recipient's filter refused
    | \b 550 [ ]? : (?: \ : )? \ user\ unknown
    # a group that refuses strangers, or is none: Google does not say which
    | groups\.google\.com/support
    """
)
_DEAD = re.compile(
    r"""(?ix)
      \b(?: user | recipient | account | address | mailbox | mail ?box | destinatario | local\ part ) s? \ (?: [a-z]{2,12}\ ){0,3}
        (?: that\ you\ tried\ to\ reach\ )? (?: unknown | not\ (?: found | known | recognized | recognised | exist\w* ) | does(?:\ not|n'?t)\ exist | invalid | inexistent\w* | desconocid\w* )
    | \b(?: unknown | no\ such | invalid | bad | non-?existent | not\ our | not\ a\ valid ) \ (?: [a-z]{2,12}\ ){0,2}
        (?: user | recipient | account | address | mailbox | mail ?box | person | addressee | domain | host )
    | recipientnotfound | (?: user | recipient ) \ name \ is \ not \ recogni[sz]ed | (?: does(?:\ not|n'?t) ) \ have \ an? \ [^\n]{1,60} \ account
    | no \ (?: mailbox | user ) \ (?: here | by | with | found ) | user [^\n]{0,80} \ not \ found | there \ is \ no \ such
    | address [^\n]{0,40} (?: couldn't | could\ not | can't | cannot ) \ be \ found | addressee\ unknown
    | (?: host | domain | domain\ name | mx ) [^\n]{0,20} \ (?: unknown | not\ found | (?: does | may )\ not\ exist ) | host \ or \ domain \ name \ not \ found
    | (?: couldn't | could\ not ) \ find \ any \ host | nxdomain | unrouteable \ (?: address | mail\ domain )
    | no \ (?: mx | matching ) \ (?: found | hosts? | records? ) | has \ moved | \b moved \ to \b | not\ listed\ in | invalid\ mailbox
    | adresse [^\n]{0,30} (?: invalide | inconnue? | unbekannt ) | utilisateur \ inconnu | empf[äa]nger [^\n]{0,20} unbekannt
    | (?: пользовател[ья] | адрес(?:ат)?а? | ящика? ) \ (?: [а-я]{1,12}\ ){0,2} (?: не\ (?: найден | существует ) | неизвестен ) | нет\ такого\ пользователя
    | usuario \ (?: desconocido | no\ existe ) | utente \ (?: sconosciuto | inesistente ) | usu[áa]rio \ (?: desconhecido | inexistente | n[ãa]o\ existe )
    """
)
# cPanel's words for an address that it cannot route; they list every cause, blocking included
_UNROUTED = re.compile(r"(?i)account or domain may not exist")
_GAVE_UP = re.compile(
    r"(?i)retry timeout|giving up|multiple retries|gave up|could not deliver for|failed \d+ attempts|failing for a long"
    r"|permission to post|timed out|connection refused|queue too long|unable to deliver"
)
MAX_CHARACTERS = 4_000


def is_hard(*, status: str, reply_code: str, said: str) -> bool | None:
    """Return True where the address is dead, False where the mail failed otherwise, None where nothing tells.

    `status` is an enhanced status code or '', `reply_code` an SMTP reply or '', `said` the words of the server.
    """
    said = " ".join(said[:MAX_CHARACTERS].split())
    if _UNROUTED.search(said):
        return True
    if _ALIVE.search(said):
        return False
    if _DEAD.search(said) or status in _DEAD_CODES:
        return not (status or reply_code).startswith("4")
    return False if status or reply_code or _GAVE_UP.search(said) else None
