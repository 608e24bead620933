"""Tiny pipelines of the real architectures, saved as a user's weights are: for tests and benchmarks without weights.

Each builder makes every component from a configuration and a seed, with real tokenizers and schedulers, and saves it
with `save_pretrained`. The same builder gives the same weights everywhere. They paint noise, but they paint it right.
"""

import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import diffusers
import torch
import transformers
from diffusers import pipelines
from safetensors.torch import save_file
from tokenizers import pre_tokenizers

_WORDS = ("a", "the", "boat", "harbour", "at", "dawn", "red", "blue", "ferry", "of", "light", "and", "picture", "with")
_VAE_CHANNELS = (16, 16)


@contextmanager
def seeded(seed: int = 0) -> Iterator[None]:
    """Have layers initialise from a seed, and leave the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


# ---- tokenizers and text encoders ------------------------------------------------------------------------------------


def clip_tokenizer(longest: int = 77) -> transformers.CLIPTokenizer:
    """A byte-level BPE tokenizer that knows every byte and a few words."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: number for number, token in enumerate([*letters, *(f"{letter}</w>" for letter in letters)])}
    merges = []
    for word in _WORDS:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            left, right, *rest = parts
            if (left, right) not in merges:
                merges.append((left, right))
                vocab.setdefault(left + right, len(vocab))
            parts = [left + right, *rest]
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocab[special] = len(vocab)
    return transformers.CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=longest)


def t5_tokenizer(longest: int = 64) -> transformers.T5TokenizerFast:
    """A Unigram tokenizer of letters and a few words."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(f"▁{word}", -3.0) for word in _WORDS if len(word) > 1]
    pieces += [(letter, -5.0) for letter in string.ascii_letters + string.digits + string.punctuation]
    return transformers.T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=longest)


def clip_text(tokenizer: transformers.CLIPTokenizer, *, width: int = 32, projection: int = 0) -> torch.nn.Module:
    """A two-layer CLIP text encoder."""
    config = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=width + 5,
        num_attention_heads=4,
        num_hidden_layers=2,
        projection_dim=projection or width,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    kind = transformers.CLIPTextModelWithProjection if projection else transformers.CLIPTextModel
    return kind(config).eval()


def t5_text(tokenizer: transformers.T5TokenizerFast, *, width: int = 32) -> torch.nn.Module:
    """A two-layer T5 encoder."""
    config = transformers.T5Config(
        vocab_size=len(tokenizer),
        d_model=width,
        d_kv=8,
        d_ff=37,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
    )
    return transformers.T5EncoderModel(config).eval()


# ---- stills ----------------------------------------------------------------------------------------------------------


def picture_vae(latents: int = 4, *, quantised: bool = True, **more: float) -> diffusers.AutoencoderKL:
    """An autoencoder that halves a picture's sides."""
    return diffusers.AutoencoderKL(
        block_out_channels=_VAE_CHANNELS,
        in_channels=3,
        out_channels=3,
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=latents,
        norm_num_groups=4,
        use_quant_conv=quantised,
        use_post_quant_conv=quantised,
        **more,
    )


def tiny_sd(folder: Path, *, seed: int = 0, safetensors: bool = True, checker: bool = False) -> Path:
    """Save a Stable Diffusion 1 pipeline whose base size is 64×64."""
    with seeded(seed):
        tokenizer = clip_tokenizer()
        unet = diffusers.UNet2DConditionModel(
            block_out_channels=(16, 32),
            layers_per_block=1,
            sample_size=32,
            in_channels=4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=32,
            attention_head_dim=4,
            norm_num_groups=4,
        )
        pipeline = diffusers.StableDiffusionPipeline(
            vae=picture_vae(),
            text_encoder=clip_text(tokenizer),
            tokenizer=tokenizer,
            unet=unet,
            scheduler=diffusers.DDIMScheduler(
                beta_start=0.00085,
                beta_end=0.012,
                beta_schedule="scaled_linear",
                clip_sample=False,
                set_alpha_to_one=False,
                steps_offset=1,
            ),
            safety_checker=_checker() if checker else None,
            feature_extractor=transformers.CLIPImageProcessor(size=32, crop_size=32) if checker else None,
            requires_safety_checker=checker,
        )
    pipeline.save_pretrained(folder, safe_serialization=safetensors)
    return folder


def tiny_sdxl(folder: Path, *, seed: int = 0) -> Path:
    """Save an SDXL pipeline with both text encoders, whose base size is 64×64."""
    with seeded(seed):
        tokenizer = clip_tokenizer()
        unet = diffusers.UNet2DConditionModel(
            block_out_channels=(16, 32),
            layers_per_block=1,
            sample_size=32,
            in_channels=4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            transformer_layers_per_block=(1, 2),
            projection_class_embeddings_input_dim=6 * 8 + 32,
            cross_attention_dim=64,
            norm_num_groups=4,
        )
        pipeline = diffusers.StableDiffusionXLPipeline(
            vae=picture_vae(),
            text_encoder=clip_text(tokenizer),
            text_encoder_2=clip_text(tokenizer, projection=32),
            tokenizer=tokenizer,
            tokenizer_2=clip_tokenizer(),
            unet=unet,
            scheduler=diffusers.EulerDiscreteScheduler(
                beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
            ),
            add_watermarker=False,
        )
    pipeline.save_pretrained(folder)
    return folder


def _flux_parts(*, seed: int) -> dict[str, object]:
    with seeded(seed):
        clip, t5 = clip_tokenizer(), t5_tokenizer(512)
        return {
            "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(),
            "vae": picture_vae(4, quantised=False, shift_factor=0.0609, scaling_factor=1.5035),
            "text_encoder": clip_text(clip),
            "tokenizer": clip,
            "text_encoder_2": t5_text(t5),
            "tokenizer_2": t5,
            "transformer": diffusers.FluxTransformer2DModel(
                patch_size=1,
                in_channels=16,
                num_layers=1,
                num_single_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=32,
                pooled_projection_dim=32,
                axes_dims_rope=(4, 4, 8),
            ),
        }


def tiny_flux(folder: Path, *, seed: int = 0) -> Path:
    """Save a Flux pipeline (a flow transformer over packed latents)."""
    diffusers.FluxPipeline(**_flux_parts(seed=seed)).save_pretrained(folder)
    return folder


def tiny_kontext(folder: Path, *, seed: int = 0) -> Path:
    """Save a Flux Kontext pipeline, which takes pictures as they are."""
    diffusers.FluxKontextPipeline(**_flux_parts(seed=seed)).save_pretrained(folder)
    return folder


def tiny_lora(pipeline_folder: Path, folder: Path, *, seed: int = 7) -> Path:
    """Save a LoRA for the denoiser of a pipeline, strong enough to be seen."""
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    pipeline = diffusers.DiffusionPipeline.from_pretrained(pipeline_folder)
    name = "unet" if hasattr(pipeline, "unet") else "transformer"
    denoiser = getattr(pipeline, name)
    with seeded(seed):
        denoiser.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=["to_q", "to_k", "to_v"]))
        for key, weight in denoiser.named_parameters():
            if "lora_" in key:
                torch.nn.init.normal_(weight, std=0.5)
    type(pipeline).save_lora_weights(folder, **{f"{name}_lora_layers": get_peft_model_state_dict(denoiser)})
    return folder


def tiny_ip_adapter(pipeline_folder: Path, folder: Path, *, seed: int = 9) -> Path:
    """Save an IP-Adapter for a UNet as `folder`/adapter.safetensors, with its image encoder beside it."""
    unet = diffusers.UNet2DConditionModel.from_pretrained(pipeline_folder, subfolder="unet")
    across = unet.config.cross_attention_dim
    with seeded(seed):
        encoder = transformers.CLIPVisionModelWithProjection(_vision(projection=32))
        encoder.save_pretrained(folder / "image_encoder")
        weights: dict[str, torch.Tensor] = {}
        projection = diffusers.models.embeddings.ImageProjection(
            cross_attention_dim=across, image_embed_dim=32, num_image_text_embeds=4
        )
        for mine, theirs in (("image_embeds", "proj"), ("norm", "norm")):
            for kind in ("weight", "bias"):
                weights[f"image_proj.{theirs}.{kind}"] = getattr(getattr(projection, mine), kind).detach().clone()
        layers = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
        for number, name in enumerate(layers):
            attention = unet.get_submodule(name.removesuffix(".processor"))
            for kind in ("to_k_ip", "to_v_ip"):
                rows = attention.to_k.out_features
                weights[f"ip_adapter.{2 * number + 1}.{kind}.weight"] = torch.randn(rows, across)
    save_file(weights, folder / "adapter.safetensors")
    return folder / "adapter.safetensors"


def _vision(*, projection: int) -> transformers.CLIPVisionConfig:
    return transformers.CLIPVisionConfig(
        hidden_size=32,
        projection_dim=projection,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        intermediate_size=37,
        patch_size=8,
    )


def _checker() -> torch.nn.Module:
    vision = _vision(projection=16).to_dict()
    config = transformers.CLIPConfig(vision_config=vision, text_config={"hidden_size": 16}, projection_dim=16)
    checker = pipelines.stable_diffusion.StableDiffusionSafetyChecker(config)
    checker.concept_embeds_weights.data.fill_(2.0)  # a threshold no picture reaches
    checker.special_care_embeds_weights.data.fill_(2.0)
    return checker.eval()


def tiny_captioner(folder: Path, *, seed: int = 0) -> Path:
    """Save a GIT captioning model with its processor."""
    with seeded(seed):
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_WORDS, *string.ascii_lowercase]
        tokenizer = transformers.BertTokenizerFast(vocab={word: n for n, word in enumerate(dict.fromkeys(words))})
        config = transformers.GitConfig(
            vision_config={
                "hidden_size": 32,
                "intermediate_size": 37,
                "num_hidden_layers": 1,
                "num_attention_heads": 4,
                "image_size": 32,
                "patch_size": 16,
            },
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=4,
            intermediate_size=37,
            bos_token_id=tokenizer.cls_token_id,
            eos_token_id=tokenizer.sep_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        model = transformers.GitForCausalLM(config).eval()
    model.save_pretrained(folder)
    size = {"height": 32, "width": 32}
    pictures = transformers.CLIPImageProcessor(size=size, crop_size=size)
    transformers.GitProcessor(image_processor=pictures, tokenizer=tokenizer).save_pretrained(folder)
    return folder


# ---- moving pictures -------------------------------------------------------------------------------------------------


def tiny_ltx(folder: Path, *, seed: int = 0) -> Path:
    """Save an LTX pipeline: sides in steps of 32, frames 8k+1."""
    with seeded(seed):
        tokenizer = t5_tokenizer(128)
        pipeline = diffusers.LTXPipeline(
            scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
            vae=diffusers.AutoencoderKLLTXVideo(
                in_channels=3,
                out_channels=3,
                latent_channels=8,
                block_out_channels=(8, 8, 8, 8),
                decoder_block_out_channels=(8, 8, 8, 8),
                layers_per_block=(1, 1, 1, 1, 1),
                decoder_layers_per_block=(1, 1, 1, 1, 1),
                spatio_temporal_scaling=(True, True, True, False),
                decoder_spatio_temporal_scaling=(True, True, True, False),
                decoder_inject_noise=(False, False, False, False, False),
                upsample_residual=(False, False, False, False),
                upsample_factor=(1, 1, 1, 1),
                timestep_conditioning=False,
                patch_size=4,
                patch_size_t=1,
                encoder_causal=True,
                decoder_causal=False,
            ),
            text_encoder=t5_text(tokenizer),
            tokenizer=tokenizer,
            transformer=diffusers.LTXVideoTransformer3DModel(
                in_channels=8,
                out_channels=8,
                patch_size=1,
                patch_size_t=1,
                num_attention_heads=4,
                attention_head_dim=8,
                cross_attention_dim=32,
                num_layers=1,
                caption_channels=32,
            ),
        )
    pipeline.save_pretrained(folder)
    return folder


def tiny_wan(folder: Path, *, seed: int = 0, starts_from_picture: bool = False) -> Path:
    """Save a Wan pipeline: sides in steps of 16, frames 4k+1."""
    with seeded(seed):
        tokenizer = t5_tokenizer(512)
        config = transformers.UMT5Config(
            vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4
        )
        parts = {
            "tokenizer": tokenizer,
            "text_encoder": transformers.UMT5EncoderModel(config).eval(),
            "vae": diffusers.AutoencoderKLWan(
                base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
            ),
            "scheduler": diffusers.UniPCMultistepScheduler(
                prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=3.0
            ),
            "transformer": diffusers.WanTransformer3DModel(
                patch_size=(1, 2, 2),
                num_attention_heads=2,
                attention_head_dim=12,
                in_channels=36 if starts_from_picture else 16,
                out_channels=16,
                text_dim=32,
                freq_dim=64,
                ffn_dim=32,
                num_layers=1,
                rope_max_seq_len=64,
            ),
        }
        if starts_from_picture:
            pipeline = diffusers.WanImageToVideoPipeline(**parts, image_encoder=None, image_processor=None)
        else:
            pipeline = diffusers.WanPipeline(**parts)
    pipeline.save_pretrained(folder)
    return folder


def tiny_cogvideox(folder: Path, *, seed: int = 0, starts_from_picture: bool = False) -> Path:
    """Save a CogVideoX pipeline: sides in steps of 16, frames 4k+1."""
    with seeded(seed):
        tokenizer = t5_tokenizer(226)
        kind = diffusers.CogVideoXImageToVideoPipeline if starts_from_picture else diffusers.CogVideoXPipeline
        pipeline = kind(
            tokenizer=tokenizer,
            text_encoder=t5_text(tokenizer),
            vae=diffusers.AutoencoderKLCogVideoX(
                block_out_channels=(8, 8, 8, 8),
                latent_channels=4,
                layers_per_block=1,
                norm_num_groups=2,
                temporal_compression_ratio=4,
                sample_height=48,
                sample_width=64,
            ),
            transformer=diffusers.CogVideoXTransformer3DModel(
                num_attention_heads=2,
                attention_head_dim=16,
                in_channels=8 if starts_from_picture else 4,
                out_channels=4,
                time_embed_dim=2,
                text_embed_dim=32,
                num_layers=1,
                sample_width=8,
                sample_height=6,
                sample_frames=9,
                patch_size=2,
                temporal_compression_ratio=4,
                max_text_seq_length=226,
                use_rotary_positional_embeddings=True,
            ),
            scheduler=diffusers.CogVideoXDDIMScheduler(),
        )
    pipeline.save_pretrained(folder)
    return folder
