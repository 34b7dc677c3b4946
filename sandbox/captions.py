"""What a shop in Indonesia writes under its videos. Bits pick, never chance."""

OPENERS = (
    "Restock lagi",
    "Spill outfit hari ini",
    "Racun belanja hari ini",
    "Baru datang",
    "Best seller minggu ini",
    "Yang ditunggu-tunggu akhirnya ready",
    "Unboxing bareng admin",
    "Jangan checkout dulu sebelum lihat ini",
    "Review jujur",
    "Tips mix and match",
    "Flash sale malam ini",
    "Behind the scene packing",
    "Pelanggan kami yang cantik",
    "Cuma hari ini",
    "Live jam 7 malam ya kak",
    "Rekomendasi kado",
)
GOODS = (
    "gamis premium",
    "kemeja linen",
    "sepatu sneakers",
    "tas selempang",
    "hijab voal",
    "serum wajah",
    "kopi susu literan",
    "keripik pedas level 5",
    "lampu tidur aesthetic",
    "rak serbaguna",
    "celana kulot",
    "jaket denim",
    "sunscreen SPF 50",
    "botol minum lucu",
    "batik modern",
    "mainan edukasi",
)
OFFERS = (
    "diskon sampai 50%",
    "mulai 49 ribuan",
    "gratis ongkir ke seluruh Indonesia",
    "beli 2 gratis 1",
    "stok terbatas, siapa cepat dia dapat",
    "warna lengkap dari XS sampai XXL",
    "COD bisa banget",
    "cek keranjang kuning ya",
    "bahannya adem dan nggak nerawang",
    "lagi viral di mana-mana",
    "bisa dicoba langsung di toko",
    "packing aman dan cepat",
    "garansi tukar ukuran",
    "harga spesial khusus followers",
    "tinggal 20 pcs lagi",
    "wajib punya satu di rumah",
)
MARKS = ("", "", "", "✨", "🔥", "😍", "🛍️", "💕", "🇮🇩", "👗", "🙏🏻", "😂", "", "🎉", "☕", "")
TAGS = (
    "#fyp #racuntiktok",
    "#fyp #ootd #fashionlokal",
    "#tiktokshopindonesia #promo",
    "#viral #belanjaonline",
    "#umkm #brandlokal",
    "#spilloutfit #hijabstyle",
    "#diskon #gratisongkir",
    "",
)
NAME_ENDS = ("", " Official", " ID", " Shop", "", " Store", " Indonesia", "")


def caption(bits: int) -> str:
    """At most 150 characters."""
    opener = OPENERS[bits & 15]
    goods = GOODS[bits >> 4 & 15]
    offer = OFFERS[bits >> 8 & 15]
    mark = MARKS[bits >> 12 & 15]
    tags = TAGS[bits >> 16 & 7]
    return " ".join(filter(None, (f"{opener}: {goods}, {offer}", mark, tags)))[:150]


def title(bits: int) -> str:
    """A shorter form of the caption."""
    return f"{OPENERS[bits & 15]}: {GOODS[bits >> 4 & 15]}"


def shop_name(handle: str, bits: int) -> str:
    """`store_jakarta_01` -> "Store Jakarta 01 Official"."""
    spaced = handle.replace("_", " ").replace("-", " ").replace(".", " ")
    return " ".join(spaced.title().split()) + NAME_ENDS[bits & 7]
