"""The demo's network of shops: names as Indonesian retail has them, and what is wrong with some."""

from dataclasses import dataclass

CITIES = (
    ("JKT", "Jakarta"), ("BDG", "Bandung"), ("SBY", "Surabaya"), ("YOG", "Yogyakarta"),
    ("SMG", "Semarang"), ("MDN", "Medan"), ("MKS", "Makassar"), ("DPS", "Denpasar"),
    ("PLG", "Palembang"), ("MLG", "Malang"), ("BGR", "Bogor"), ("SLO", "Surakarta"),
    ("PKL", "Pekalongan"), ("CRB", "Cirebon"), ("PDG", "Padang"), ("MND", "Manado"),
    ("BPN", "Balikpapan"), ("PTK", "Pontianak"), ("LOP", "Mataram"), ("BJM", "Banjarmasin"),
)  # fmt: skip
TRADES = (
    "Batik", "Kopi", "Skincare", "Sepatu", "Hijab", "Keripik", "Sambal", "Rotan", "Tenun",
    "Kebaya", "Madu", "Elektronik", "Mainan", "Jamu", "Perak", "Kosmetik", "Tas Anyam",
    "Alat Tulis", "Rendang", "Oleh-oleh",
)  # fmt: skip
NAMES = (
    "Sekar Arum", "Lereng Tapa", "Bening Ayu", "Langkah Bumi", "Rumah Naira", "Renyah Aji",
    "Dapur Wening", "Teduh", "Sasaka", "Griya Melati", "Rimba Kapuas", "Sinar Buana",
    "Kayu Taruna", "Warisan", "Kotagede Ratna", "Puspa Dewi", "Lestari", "Pelangi", "Uni Lia",
    "Khas Banua", "Cahaya Timur", "Mekar Jaya", "Nusa Indah",
)  # fmt: skip
PEOPLE = (
    "Dimas Prasetyo", "Sari Anggraini", "Hendra Wijaya", "Putri Maharani", "Retno Wulandari",
    "Galih Saputra", "Wulan Tanjung", "Bayu Kurniawan", "Laila Fitri", "Rizky Ramadhan",
    "Intan Permata", "Agus Santoso", "Maya Lestari", "Fajar Nugroho", "Dewi Kartika",
)  # fmt: skip
REGIONS = (
    "Jawa Barat", "Jawa Timur", "Jawa Tengah", "Sumatra", "Sulawesi",
    "Bali dan Nusa Tenggara", "Kalimantan",
)  # fmt: skip
# What is wrong with the store at each place of every three hundred.
WRONG = {
    7: "revoked", 13: "revoked", 46: "revoked", 112: "revoked", 190: "revoked",
    29: "novideo", 75: "novideo",
    88: "private",
    150: "slow", 201: "flaky", 233: "slow",
    118: "never", 264: "never",
    40: "gap", 160: "gap",
}  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """A store of the demo; `wrong` is one of the words of WRONG, or empty."""

    code: str
    name: str
    pic: str
    contact: str
    tags: tuple[str, ...]
    wrong: str

    @property
    def handle(self) -> str:
        return self.code.lower()

    @property
    def connected(self) -> bool:
        return self.wrong != "never"


def shop(at: int) -> Shop:
    """The shop at a place, always the same one."""
    short, city = CITIES[at % len(CITIES)]
    trade = TRADES[(at * 7 + at // len(CITIES)) % len(TRADES)]
    name = NAMES[(at * 5 + at // len(TRADES)) % len(NAMES)]
    pic = PEOPLE[(at * 11) % len(PEOPLE)]
    wrong = WRONG.get(at % 300, "")
    magic = f"-{wrong}" if wrong in ("private", "slow", "flaky") else ""
    return Shop(
        code=f"{short}-{at // len(CITIES) + 1:03d}{magic}",
        name=f"{trade} {name}, {city}",
        pic=pic,
        contact=f"+62 812-0000-{at:04d}",
        tags=(REGIONS[(at % len(CITIES)) % len(REGIONS)], trade),
        wrong=wrong,
    )
