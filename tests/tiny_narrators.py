"""Tiny text-to-speech models and an aligner with real architectures: random weights, saved as a user's are."""

import json
from pathlib import Path
from typing import Any

ENGLISH = " abcdefghijklmnopqrstuvwxyz'-.,?!"
CHINESE = "，。？！一二三四五六七八九十百千万亿零点分之年月日今天上午海港关闭春开放新的是在了和人说我们大中小学市桥书馆"


def tiny_vits(folder: Path, *, letters: str = ENGLISH, speakers: int = 1, seed: int = 0, **tokenizer: Any) -> Path:
    """Save a VITS model that speaks 16 kHz noise, about sixteen milliseconds a sign."""
    import torch
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    signs = ["<pad>", *dict.fromkeys(letters), "<unk>"]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({sign: at for at, sign in enumerate(signs)}, ensure_ascii=False), "utf-8")
    options = {"phonemize": False, "normalize": True, "is_uroman": False, **tokenizer}
    VitsTokenizer(str(vocabulary), **options).save_pretrained(folder)
    config = VitsConfig(
        vocab_size=len(signs),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=16,
        flow_size=16,
        spectrogram_bins=17,
        upsample_initial_channel=16,
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1, 3, 5]],
        prior_encoder_num_flows=1,
        prior_encoder_num_wavenet_layers=1,
        posterior_encoder_num_wavenet_layers=1,
        duration_predictor_num_flows=1,
        duration_predictor_filter_channels=16,
        depth_separable_channels=2,
        depth_separable_num_layers=1,
        num_speakers=speakers,
        speaker_embedding_size=8 if speakers > 1 else 0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = VitsModel(config)
    model.save_pretrained(folder)
    return folder


def tiny_speecht5(folder: Path, *, seed: int = 0) -> Path:
    """Save a SpeechT5 model with its vocoder beside it and one voice, `nova`, of eight numbers."""
    import io

    import numpy as np
    import sentencepiece
    import torch
    from transformers import (
        SpeechT5Config,
        SpeechT5ForTextToSpeech,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        SpeechT5Tokenizer,
    )

    folder.mkdir(parents=True, exist_ok=True)
    pieces = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(
            ["the quick brown fox jumps over the lazy dog, and THE END. why? it's a well-known!"] * 4
        ),
        model_writer=pieces,
        model_type="char",
        vocab_size=80,
        hard_vocab_limit=False,
        bos_id=0,
        pad_id=1,
        eos_id=2,
        unk_id=3,
        minloglevel=2,
    )
    model_file = folder / "spm_char.model"
    model_file.write_bytes(pieces.getvalue())
    tokenizer = SpeechT5Tokenizer(str(model_file))
    tokenizer.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = SpeechT5ForTextToSpeech(
            SpeechT5Config(
                vocab_size=len(tokenizer),
                hidden_size=16,
                encoder_layers=1,
                decoder_layers=1,
                encoder_attention_heads=2,
                decoder_attention_heads=2,
                encoder_ffn_dim=16,
                decoder_ffn_dim=16,
                num_mel_bins=8,
                speech_decoder_prenet_units=16,
                speech_decoder_postnet_layers=2,
                speech_decoder_postnet_units=16,
                speech_decoder_postnet_kernel=3,
                speaker_embedding_dim=8,
                encoder_max_relative_position=8,
            )
        )
        vocoder = SpeechT5HifiGan(
            SpeechT5HifiGanConfig(
                model_in_dim=8,
                upsample_initial_channel=16,
                resblock_kernel_sizes=[3],
                resblock_dilation_sizes=[[1, 3, 5]],
            )
        )
        for parameter in vocoder.parameters():  # as it is made, it whispers at −200 dB
            torch.nn.init.normal_(parameter, std=0.3)
    # A decoder that knows nothing stops somewhere; this one goes on until it is told that it is enough.
    torch.nn.init.constant_(model.speech_decoder_postnet.prob_out.bias, -4.0)
    model.save_pretrained(folder)
    vocoder.save_pretrained(folder / "vocoder")
    voices = folder / "voices"
    voices.mkdir(exist_ok=True)
    np.save(voices / "nova.npy", np.linspace(-1, 1, 8, dtype=np.float32), allow_pickle=False)
    return folder


def tiny_aligner(folder: Path, *, letters: str = "abcdefghijklmnopqrstuvwxyz'", seed: int = 0) -> Path:
    """Save a wav2vec2 CTC model with its processor: 20 ms a frame."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    signs = ["<pad>", "<s>", "</s>", "<unk>", "|", *letters]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({sign: at for at, sign in enumerate(signs)}, ensure_ascii=False), "utf-8")
    Wav2Vec2Processor(
        feature_extractor=Wav2Vec2FeatureExtractor(), tokenizer=Wav2Vec2CTCTokenizer(str(vocabulary))
    ).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Wav2Vec2ForCTC(
            Wav2Vec2Config(
                vocab_size=len(signs),
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=16,
                conv_dim=[8] * 7,
                num_conv_pos_embeddings=8,
                num_conv_pos_embedding_groups=2,
                pad_token_id=0,
            )
        )
    model.save_pretrained(folder)
    return folder


def tiny_vibevoice(folder: Path, *, seed: int = 1) -> Path:
    """Save a VibeVoice model with its processor: a Qwen2 of one layer, 7.5 sounds a second at 24 kHz."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        GenerationConfig,
        Qwen2TokenizerFast,
        VibeVoiceAcousticTokenizerFeatureExtractor,
        VibeVoiceConfig,
        VibeVoiceForConditionalGeneration,
        VibeVoiceProcessor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    special = ["<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"]
    bytes_only = Tokenizer(models.BPE())
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    bytes_only.train_from_iterator(
        [], trainers.BpeTrainer(special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    )
    tokenizer = Qwen2TokenizerFast(
        tokenizer_object=bytes_only, pad_token=special[0], eos_token=special[0], additional_special_tokens=special[1:]
    )
    template = (
        "{% for turn in messages %}{% for item in turn.content %}{% if item.type == 'audio' %}"
        " Speaker {{ turn.role }}:<|vision_start|><|vision_pad|><|vision_end|>\n{% endif %}{% endfor %}"
        "{% for item in turn.content %}{% if item.type == 'text' %} Speaker {{ turn.role }}: {{ item.text }}\n"
        "{% endif %}{% endfor %}{% endfor %} Speech output:\n<|vision_start|>"
    )
    VibeVoiceProcessor(
        feature_extractor=VibeVoiceAcousticTokenizerFeatureExtractor(), tokenizer=tokenizer, chat_template=template
    ).save_pretrained(folder)
    begin, end, sound = (tokenizer.convert_tokens_to_ids(sign) for sign in special[1:])
    codec = {"num_filters": 1, "depths": [1] * 7, "hidden_size": 8}
    config = VibeVoiceConfig(
        text_config={
            "model_type": "qwen2",
            "vocab_size": len(tokenizer),
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "tie_word_embeddings": False,
        },
        audio_config={"model_type": "vibevoice_acoustic_tokenizer", **codec},
        semantic_model_config={"model_type": "vibevoice_acoustic_tokenizer_encoder", **codec},
        diffusion_head_config={"num_hidden_layers": 1, "intermediate_size": 16, "frequency_embedding_size": 16},
        pad_token_id=0,
        eos_token_id=0,
        audio_bos_token_id=begin,
        audio_eos_token_id=end,
        audio_token_id=sound,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = VibeVoiceForConditionalGeneration(config).eval()
        for parameter in model.model.audio_tower.decoder.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        # Random weights fall silent at once, or never. These hear what they said last, and stop when chance has it.
        heard = model.model.multi_modal_projector.linear_2
        torch.nn.init.normal_(heard.weight, std=0.4)
        torch.nn.init.ones_(heard.bias)
        torch.nn.init.normal_(model.lm_head.weight)
        with torch.no_grad():
            model.lm_head.weight[sound] = 1.0
            model.model.language_model.embed_tokens.weight[:] += 1.0
    model.generation_config = GenerationConfig(
        pad_token_id=0,
        eos_token_id=0,
        max_new_tokens=64,
        guidance_scale=1.3,
        num_diffusion_steps=2,
        return_dict_in_generate=True,
    )
    model.save_pretrained(folder)
    return folder


def tiny_bark(folder: Path, *, seed: int = 0) -> Path:
    """Save a Bark model with its processor and one voice, `v2/en_speaker_1`; it speaks about a second a line."""
    import numpy as np
    import torch
    from transformers import BarkConfig, BarkModel, BarkProcessor, BertTokenizer
    from transformers.models.bark.generation_configuration_bark import (
        BarkCoarseGenerationConfig,
        BarkFineGenerationConfig,
        BarkGenerationConfig,
        BarkSemanticGenerationConfig,
    )

    folder.mkdir(parents=True, exist_ok=True)
    letters = [chr(code) for code in range(33, 127)]
    vocabulary = folder / "vocab.txt"
    signs = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    vocabulary.write_text("\n".join(signs), "utf-8")
    tokenizer = BertTokenizer(str(vocabulary), do_lower_case=False)
    small = {"hidden_size": 16, "num_layers": 1, "num_heads": 2, "block_size": 1024}
    config = BarkConfig(
        # Bark's text tokens begin at 10,048 and its marks at 129,595: that table cannot be made shorter, only thinner.
        semantic_config={
            **small, "hidden_size": 2, "num_heads": 1, "input_vocab_size": 129600, "output_vocab_size": 10048,
        },
        coarse_acoustics_config={**small, "hidden_size": 8, "input_vocab_size": 12096, "output_vocab_size": 12096},
        fine_acoustics_config={
            **small, "input_vocab_size": 1056, "output_vocab_size": 1056, "n_codes_total": 8, "n_codes_given": 1,
        },
        codec_config={
            "model_type": "encodec",
            "num_filters": 2,
            "hidden_size": 8,
            "codebook_dim": 8,
            "num_lstm_layers": 1,
            "target_bandwidths": [6.0],
        },
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = BarkModel(config)
        for parameter in model.codec_model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    # What separates these from the real ones is only how long they speak.
    usual = BarkGenerationConfig.from_sub_model_configs(
        BarkSemanticGenerationConfig(max_new_tokens=64), BarkCoarseGenerationConfig(), BarkFineGenerationConfig()
    )
    (folder / "generation_config.json").write_text(json.dumps(usual.to_dict()), "utf-8")
    BarkProcessor(tokenizer).save_pretrained(folder)
    random = np.random.default_rng(seed)
    prompts = {
        "semantic_prompt": random.integers(0, 10000, 20),
        "coarse_prompt": random.integers(0, 1024, (2, 30)),
        "fine_prompt": random.integers(0, 1024, (8, 30)),
    }
    places = {}
    (folder / "speaker_embeddings").mkdir(exist_ok=True)
    for name, prompt in prompts.items():
        places[name] = f"speaker_embeddings/v2_en_speaker_1_{name}.npy"
        np.save(folder / places[name], prompt, allow_pickle=False)
    index = {"repo_or_path": str(folder), "v2/en_speaker_1": places}
    (folder / "speaker_embeddings_path.json").write_text(json.dumps(index), "utf-8")
    return folder
