"""What a password must be: long enough, not one that everybody tries, not the email itself."""

from itertools import pairwise

from hub.text import _

SHORTEST, LONGEST = 8, 1000
# Of at least eight characters and tried first, here and elsewhere; digits at the end do not help.
COMMON = frozenset(
    """
    password passw0rd p@ssword p@ssw0rd pa55word passwort katasandi sandisandi kata.sandi
    qwertyui qwertyuiop qwerty qwerty123 qwertz asdfghjk asdfghjkl zxcvbnm zxcvbnm, qazwsxedc
    1q2w3e4r 1q2w3e4r5t q1w2e3r4 1qaz2wsx 1qazxsw2 zaq12wsx qwer1234 asdf1234 abcd1234 abc12345
    abcdefgh abcdefghi abcdefg a1b2c3d4 aa123456 a1234567 123456aa 12341234 12121212 11223344
    12344321 123123123 123321123 147258369 159357258 87654321 987654321 0987654321 123654789
    iloveyou iloveu sayangku sayang aku.sayang akusayangkamu cintaku cinta bismillah alhamdulillah
    assalamualaikum indonesia merdeka garuda jakarta bandung surabaya rahasia rahasia123 anjing
    admin administrator adminadmin admin@123 root rootroot superuser superman batman spiderman
    welcome welcome1 letmein letmeinnow changeme changeit default secret secretsecret trustno1
    football baseball basketball princess sunshine shadow dragon master monkey michael jennifer
    computer internet samsung samsung1 google facebook instagram tiktok youtube whatsapp
    starwars pokemon naruto minecraft liverpool chelsea barcelona realmadrid manchester
    tokosaya tokoonline tokotokoan hubhub hub12345 testtest test1234 tester guestguest user1234
    """.split()  # noqa: SIM905
)


def problem_with(password: str, email: str = "") -> str | None:
    """Why this password is refused, in words for the field; None when it is good."""
    if len(password) < SHORTEST:
        return _("Use at least %(count)s characters. A short sentence works well.", count=SHORTEST)
    if len(password) > LONGEST:
        return _("Use at most %(count)s characters.", count=LONGEST)
    low = password.lower()
    if low in COMMON or low.rstrip("0123456789!.@#") in COMMON or len(set(low)) < 4:
        return _("This password is tried first by everybody. Choose another.")
    if low.isdecimal() and is_row(low):
        return _("This password is tried first by everybody. Choose another.")
    local = email.lower().split("@")[0]
    if local and (low == email.lower() or (low.startswith(local) and len(low) - len(local) < 5)):
        return _("This password is too close to the email address. Choose another.")
    return None


def is_row(digits: str) -> bool:
    """1234567890 and the like: each digit is one step from the one before."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    return len(steps) == 1
