"""A tiny encoder with random weights, laid out as pretrained ones are; every text is invented."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.conftest import make_documents

NEEDED = ("torch", "transformers", "accelerate", "tokenizers", "onnx", "onnxscript", "onnxruntime")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
NO_ENCODER = f"needs the extra 'camembert' ({', '.join(MISSING)} not installed)"


def build_base(folder: Path, *, layers: int = 2, hidden: int = 32) -> Path:
    """Write a random CamemBERT with a SentencePiece-like tokenizer, as on the hub."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import CamembertConfig, CamembertForMaskedLM, PreTrainedTokenizerFast

    texts = [
        unit.text for document in make_documents(0, 40).documents for unit in document.sentences
    ]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    # Cutting and padding that the file asks for must not reach what the network reads.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=12, pad_id=1, pad_token="<pad>")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    torch.manual_seed(7)
    configuration = CamembertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * hidden,
        max_position_embeddings=130,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        type_vocab_size=1,
    )
    CamembertForMaskedLM(configuration).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def encoder_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a tiny pretrained encoder."""
    if MISSING:
        pytest.skip(NO_ENCODER)
    import torch

    torch.set_num_threads(1)
    return build_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def fine_tune(encoder_base):
    """A function that fine-tunes the tiny encoder on a few invented articles."""
    from classifier.models.camembert.model import CamembertModel
    from classifier.models.camembert.settings import CamembertSettings
    from classifier.models.course import Course

    def run(course: Course | None = None, **settings):
        wanted = {
            "base": str(encoder_base),
            "max_tokens": 64,
            "learning_rate": 3e-3,
            "head_rate": 6e-3,
            "epochs": 3,
            "batch": 10,
            **settings,
        }
        model = CamembertModel(settings=CamembertSettings(**wanted), course=course or Course())
        return model.fit(make_documents(0, 16), make_documents(100, 8))

    return run


@pytest.fixture(scope="session")
def plain_model(fine_tune):
    """The defaults: one sentence of context, mean pooling, a head on it."""
    return fine_tune(epochs=6)


@pytest.fixture(scope="session")
def rich_model(fine_tune):
    """Everything on: cue features, token head, two sentences of context."""
    return fine_tune(epochs=6, cue_features=True, token_head=True, context=2, pooling="first")
