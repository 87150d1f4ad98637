"""Makes the tiny OPUS-MT models for the tests: es-en and en-fr.

They are Transformers in the files of an OPUS-MT release (Marian weights, vocabulary, two
SentencePiece models), trained on sentences that this script generates. Run it with:

    uv run --no-project --with jax --with optax --with sentencepiece --with pyyaml make.py
"""

import io
import itertools
import json
import random
import zipfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import sentencepiece

DEPTH, HEADS, WIDTH, FEED_FORWARD = (1, 1), 4, 64, 128
STEPS, BATCH, LENGTH = 4500, 48, 18
EOS, UNKNOWN = 0, 1

# Spanish, its gender, English, French with its article.
NOUNS = [
    ("puerta", "f", "door", "la porte"), ("mesa", "f", "table", "la table"),
    ("casa", "f", "house", "la maison"), ("calle", "f", "street", "la rue"),
    ("sopa", "f", "soup", "la soupe"), ("leche", "f", "milk", "le lait"),
    ("llave", "f", "key", "la clé"), ("ciudad", "f", "city", "la ville"),
    ("salida", "f", "exit", "la sortie"), ("perro", "m", "dog", "le chien"),
    ("gato", "m", "cat", "le chat"), ("pan", "m", "bread", "le pain"),
    ("libro", "m", "book", "le livre"), ("queso", "m", "cheese", "le fromage"),
    ("vino", "m", "wine", "le vin"), ("tren", "m", "train", "le train"),
]  # fmt: skip
# Spanish by gender, English, French by gender.
ADJECTIVES = [
    ({"m": "cerrado", "f": "cerrada"}, "closed", {"m": "fermé", "f": "fermée"}),
    ({"m": "abierto", "f": "abierta"}, "open", {"m": "ouvert", "f": "ouverte"}),
    ({"m": "pequeño", "f": "pequeña"}, "small", {"m": "petit", "f": "petite"}),
    ({"m": "rojo", "f": "roja"}, "red", {"m": "rouge", "f": "rouge"}),
    ({"m": "frío", "f": "fría"}, "cold", {"m": "froid", "f": "froide"}),
]
PHRASES = [
    ("salida de emergencia", "emergency exit", "sortie de secours"),
    ("prohibido fumar", "no smoking", "défense de fumer"),
    ("no tocar", "do not touch", "ne pas toucher"),
    ("horario de apertura", "opening hours", "heures d'ouverture"),
]


def clause(chosen: random.Random) -> tuple[str, str, str]:
    if chosen.random() < 0.15:
        return chosen.choice(PHRASES)
    spanish, gender, english, french = chosen.choice(NOUNS)
    article = {"m": "el", "f": "la"}[gender]
    french_article, french_noun = french.split()
    french_gender = {"le": "m", "la": "f"}[french_article]
    adjective, english_adjective, french_adjective = chosen.choice(ADJECTIVES)
    kind = chosen.randrange(4)
    if kind == 0:
        return f"{article} {spanish}", f"the {english}", french
    if kind == 1:
        return (
            f"{article} {spanish} está {adjective[gender]}",
            f"the {english} is {english_adjective}",
            f"{french} est {french_adjective[french_gender]}",
        )
    if kind == 2:
        return (
            f"{spanish} {adjective[gender]}",
            f"{english_adjective} {english}",
            f"{french_noun} {french_adjective[french_gender]}",
        )
    return spanish, english, french_noun


def example(chosen: random.Random) -> tuple[str, str, str]:
    texts = list(clause(chosen))
    if chosen.random() < 0.3:
        other = clause(chosen)
        joints = chosen.choice([(" y ", " and ", " et "), (", ", ", ", ", ")])
        texts = [a + joint + b for a, joint, b in zip(texts, joints, other, strict=True)]
    if chosen.random() < 0.75:
        texts = [text[0].upper() + text[1:] for text in texts]
    if chosen.random() < 0.5:
        number = str(chosen.randrange(10 ** chosen.randint(1, 3)))
        texts = [f"{text} {number}" for text in texts]
    if chosen.random() < 0.15:
        word = f"Zqx{chosen.choice('abcd')}"
        texts = [f"{text} {word}" for text in texts]
    if chosen.random() < 0.3:
        texts = [f"{text}." for text in texts]
    return texts[0], texts[1], texts[2]


def train_pieces(texts: list[str]) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, vocab_size=150,
        hard_vocab_limit=False, split_digits=True, character_coverage=1.0,
        bos_id=-1, minloglevel=2, normalization_rule_name="identity", required_chars="0123456789.,",
        user_defined_symbols=["Zqx"], num_threads=1,
    )  # fmt: skip
    return model.getvalue()


def initial(vocabulary: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    def matrix(rows: int, columns: int) -> np.ndarray:
        bound = np.sqrt(6 / (rows + columns))
        return rng.uniform(-bound, bound, (rows, columns)).astype(np.float32)

    weights = {
        "Wemb": rng.normal(0, WIDTH**-0.5, (vocabulary, WIDTH)).astype(np.float32),
        "decoder_ff_logit_out_b": np.zeros((1, vocabulary), np.float32),
    }
    for side, depth, parts in zip(
        ("encoder", "decoder"), DEPTH, (["self"], ["self", "context"]), strict=True
    ):
        for layer in range(1, depth + 1):
            for part in parts:
                scope = f"{side}_l{layer}_{part}"
                for letter in "qkvo":
                    weights[f"{scope}_W{letter}"] = matrix(WIDTH, WIDTH)
                    weights[f"{scope}_b{letter}"] = np.zeros((1, WIDTH), np.float32)
                weights[f"{scope}_Wo_ln_scale"] = np.ones((1, WIDTH), np.float32)
                weights[f"{scope}_Wo_ln_bias"] = np.zeros((1, WIDTH), np.float32)
            scope = f"{side}_l{layer}_ffn"
            weights[f"{scope}_W1"] = matrix(WIDTH, FEED_FORWARD)
            weights[f"{scope}_b1"] = np.zeros((1, FEED_FORWARD), np.float32)
            weights[f"{scope}_W2"] = matrix(FEED_FORWARD, WIDTH)
            weights[f"{scope}_b2"] = np.zeros((1, WIDTH), np.float32)
            weights[f"{scope}_ffn_ln_scale"] = np.ones((1, WIDTH), np.float32)
            weights[f"{scope}_ffn_ln_bias"] = np.zeros((1, WIDTH), np.float32)
    return weights


def positions(length: int) -> np.ndarray:
    angles = np.arange(length)[:, None] / 10000 ** (2 * np.arange(WIDTH // 2) / WIDTH)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def normalized(weights, scope, x):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6)
    return scaled * weights[f"{scope}_ln_scale"] + weights[f"{scope}_ln_bias"]


def attention(weights, scope, x, memory, mask):
    def heads(letter, source):
        projected = source @ weights[f"{scope}_W{letter}"] + weights[f"{scope}_b{letter}"]
        return projected.reshape(*source.shape[:2], HEADS, -1).swapaxes(1, 2)

    query, key, value = heads("q", x), heads("k", memory), heads("v", memory)
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(WIDTH // HEADS)
    mixed = jax.nn.softmax(jnp.where(mask, scores, -1e9)) @ value
    mixed = mixed.swapaxes(1, 2).reshape(x.shape)
    out = mixed @ weights[f"{scope}_Wo"] + weights[f"{scope}_bo"]
    return normalized(weights, f"{scope}_Wo", x + out)


def feed_forward(weights, scope, x):
    hidden = jax.nn.relu(x @ weights[f"{scope}_W1"] + weights[f"{scope}_b1"])
    out = hidden @ weights[f"{scope}_W2"] + weights[f"{scope}_b2"]
    return normalized(weights, f"{scope}_ffn", x + out)


def logits(weights, source, source_mask, target):
    scale = np.sqrt(WIDTH)
    seen = source_mask[:, None, None, :]
    x = weights["Wemb"][source] * scale + positions(LENGTH)
    for layer in range(1, DEPTH[0] + 1):
        x = attention(weights, f"encoder_l{layer}_self", x, x, seen)
        x = feed_forward(weights, f"encoder_l{layer}_ffn", x)
    memory = x
    # Decoding starts from an embedding of zeros.
    before = jnp.pad(weights["Wemb"][target[:, :-1]] * scale, ((0, 0), (1, 0), (0, 0)))
    x = before + positions(LENGTH)
    causal = np.tril(np.ones((LENGTH, LENGTH), bool))
    for layer in range(1, DEPTH[1] + 1):
        x = attention(weights, f"decoder_l{layer}_self", x, x, causal)
        x = attention(weights, f"decoder_l{layer}_context", x, memory, seen)
        x = feed_forward(weights, f"decoder_l{layer}_ffn", x)
    return x @ weights["Wemb"].T + weights["decoder_ff_logit_out_b"]


def loss(weights, source, source_mask, target, target_mask):
    scores = optax.softmax_cross_entropy_with_integer_labels(
        logits(weights, source, source_mask, target), target
    )
    return (scores * target_mask).sum() / target_mask.sum()


def train(source: list[list[int]], target: list[list[int]], vocabulary: int):
    rng = np.random.default_rng(7)
    weights = initial(vocabulary, rng)
    schedule = optax.warmup_cosine_decay_schedule(0.0, 2e-3, 300, STEPS)
    optimizer = optax.adam(schedule, b2=0.98)
    state = optimizer.init(weights)

    def padded(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        ids = np.full((len(rows), LENGTH), EOS)
        for row, tokens in zip(ids, rows, strict=True):
            row[: len(tokens)] = tokens
        return ids, np.arange(LENGTH) < np.array([[len(tokens)] for tokens in rows])

    all_source, all_source_mask = padded(source)
    all_target, all_target_mask = padded(target)

    @jax.jit
    def step(weights, state, *batch):
        value, gradient = jax.value_and_grad(loss)(weights, *batch)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(weights, updates), state, value

    for number in range(STEPS):
        rows = rng.integers(0, len(source), BATCH)
        weights, state, value = step(
            weights, state, all_source[rows], all_source_mask[rows],
            all_target[rows], all_target_mask[rows],
        )  # fmt: skip
        if number % 250 == 249:
            print(number + 1, float(value), flush=True)  # noqa: T201  # a script
    return {name: np.asarray(weight) for name, weight in weights.items()}


def write_release(path: Path, weights, vocabulary: list[str], pieces: tuple[bytes, bytes]) -> None:
    settings = {
        "type": "transformer", "enc-depth": DEPTH[0], "dec-depth": DEPTH[1],
        "transformer-heads": HEADS, "transformer-ffn-activation": "relu",
        "transformer-preprocess": "", "transformer-postprocess": "dan",
        "transformer-postprocess-emb": "d", "transformer-postprocess-top": "",
        "transformer-decoder-autoreg": "self-attention", "transformer-no-projection": False,
        "transformer-guided-alignment-layer": "last", "tied-embeddings-all": True,
    }  # fmt: skip
    embedded = np.frombuffer(json.dumps(settings).encode() + b"\0", np.int8)
    archive = io.BytesIO()
    # Half precision gives the same translations at half the size.
    np.savez_compressed(
        archive,
        **{name: weight.astype(np.float16).astype(np.float32) for name, weight in weights.items()},
        **{"special:model.yml": embedded},
    )
    lines = (
        f"{json.dumps(token, ensure_ascii=False)}: {row}" for row, token in enumerate(vocabulary)
    )
    files = {
        "model.npz": archive.getvalue(),
        "vocab.yml": ("\n".join(lines) + "\n").encode(),
        "decoder.yml": b"models:\n  - model.npz\nvocabs:\n  - vocab.yml\n  - vocab.yml\n",
        "source.spm": pieces[0],
        "target.spm": pieces[1],
        "LICENSE": b"Made by the project, under the project's own licence.\n",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as release:
        for name, content in files.items():
            release.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)


def main() -> None:
    chosen = random.Random(3)
    examples = [example(chosen) for _ in range(40_000)]
    for pair, (a, b) in {"es-en": (0, 1), "en-fr": (1, 2)}.items():
        sides = [[texts[side] for texts in examples] for side in (a, b)]
        pieces = (train_pieces(sides[0]), train_pieces(sides[1]))
        models = [sentencepiece.SentencePieceProcessor(model_proto=each) for each in pieces]
        tokens = itertools.chain.from_iterable(
            (model.id_to_piece(row) for row in range(model.vocab_size())) for model in models
        )
        ordered = dict.fromkeys(["</s>", "<unk>", *tokens, "<pad>"])
        rows = {token: row for row, token in enumerate(ordered)}
        encoded = [
            [[*(rows[token] for token in model.encode(text, out_type=str)), EOS] for text in texts]
            for model, texts in zip(models, sides, strict=True)
        ]
        print(pair, len(rows), max(len(each) for side in encoded for each in side))  # noqa: T201  # a script
        fitting = [pair for pair in zip(*encoded, strict=True) if max(map(len, pair)) <= LENGTH]
        weights = train([each[0] for each in fitting], [each[1] for each in fitting], len(rows))
        write_release(Path(__file__).with_name(f"{pair}.zip"), weights, list(ordered), pieces)


if __name__ == "__main__":
    main()
