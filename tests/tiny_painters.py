"""Tiny pipelines of the real architectures, saved as a user's weights are: for tests and benchmarks without weights.

Each builder makes every component from a configuration and a seed, with real tokenizers and schedulers, and saves it
with `save_pretrained`. The same builder gives the same weights everywhere. They paint noise, but they paint it right.
"""

from pathlib import Path

import diffusers
import torch
import transformers
from diffusers import pipelines
from tiny_adapters import clip_vision
from tiny_texts import clip_text, clip_tokenizer, qwen_tokenizer, seeded, t5_text, t5_tokenizer

_VAE_CHANNELS = (16, 16)


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


def tiny_sd(
    folder: Path, *, seed: int = 0, safetensors: bool = True, checker: bool = False, consistent: bool = False
) -> Path:
    """Save a Stable Diffusion 1 pipeline whose base size is 64×64; a `consistent` one is a latent consistency model."""
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
            time_cond_proj_dim=32 if consistent else None,
        )
        schedule = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False}
        if consistent:
            kind, scheduler = diffusers.LatentConsistencyModelPipeline, diffusers.LCMScheduler(**schedule)
        else:
            kind = diffusers.StableDiffusionPipeline
            scheduler = diffusers.DDIMScheduler(**schedule, set_alpha_to_one=False, steps_offset=1)
        pipeline = kind(
            vae=picture_vae(),
            text_encoder=clip_text(tokenizer),
            tokenizer=tokenizer,
            unet=unet,
            scheduler=scheduler,
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


def tiny_lcm(folder: Path, *, seed: int = 0) -> Path:
    """Save a latent consistency model, which paints in a few steps."""
    return tiny_sd(folder, seed=seed, consistent=True)


def tiny_klein(folder: Path, *, seed: int = 0) -> Path:
    """Save a FLUX.2 klein pipeline: a chat model reads the prompt, and pictures are looked at as they are."""
    with seeded(seed):
        tokenizer = qwen_tokenizer()
        # It reads the prompt off layers 9, 18 and 27.
        config = transformers.Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=28,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
        )
        pipeline = diffusers.Flux2KleinPipeline(
            scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
            vae=diffusers.AutoencoderKLFlux2(
                down_block_types=("DownEncoderBlock2D",) * 2,
                up_block_types=("UpDecoderBlock2D",) * 2,
                block_out_channels=_VAE_CHANNELS,
                layers_per_block=1,
                latent_channels=4,
                norm_num_groups=4,
            ),
            text_encoder=transformers.Qwen3ForCausalLM(config).eval(),
            tokenizer=tokenizer,
            transformer=diffusers.Flux2Transformer2DModel(
                patch_size=1,
                in_channels=16,
                num_layers=1,
                num_single_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=48,
                timestep_guidance_channels=32,
                axes_dims_rope=(4, 4, 4, 4),
                guidance_embeds=False,
            ),
            is_distilled=True,
        )
    pipeline.save_pretrained(folder)
    return folder


def tiny_qwen_image(folder: Path, *, seed: int = 0) -> Path:
    """Save a Qwen-Image pipeline, whose guidance is by the negative prompt."""
    with seeded(seed):
        tokenizer = qwen_tokenizer()
        text = {
            "vocab_size": len(tokenizer),
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_scaling": {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"},
            "rope_theta": 1_000_000.0,
            "bos_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.pad_token_id,
        }
        vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16}
        config = transformers.Qwen2_5_VLConfig(text_config=text, vision_config=vision)
        pipeline = diffusers.QwenImagePipeline(
            scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
            vae=diffusers.AutoencoderKLQwenImage(
                base_dim=8,
                z_dim=4,
                dim_mult=[1, 1],
                num_res_blocks=1,
                temperal_downsample=[False],
                latents_mean=[0.0] * 4,
                latents_std=[1.0] * 4,
            ),
            text_encoder=transformers.Qwen2_5_VLForConditionalGeneration(config).eval(),
            tokenizer=tokenizer,
            transformer=diffusers.QwenImageTransformer2DModel(
                patch_size=2,
                in_channels=16,
                out_channels=4,
                num_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=16,
                axes_dims_rope=(4, 6, 6),
            ),
        )
    pipeline.save_pretrained(folder)
    return folder


def _checker() -> torch.nn.Module:
    vision = clip_vision(projection=16).to_dict()
    config = transformers.CLIPConfig(vision_config=vision, text_config={"hidden_size": 16}, projection_dim=16)
    checker = pipelines.stable_diffusion.StableDiffusionSafetyChecker(config)
    checker.concept_embeds_weights.data.fill_(2.0)  # a threshold no picture reaches
    checker.special_care_embeds_weights.data.fill_(2.0)
    return checker.eval()


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


def tiny_wan(folder: Path, *, seed: int = 0, starts_from_picture: bool = False, either: bool = False) -> Path:
    """Save a Wan pipeline: sides in steps of 16, frames 4k+1. Weights that start from `either` are Wan 2.2's 5B."""
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
            pipeline = diffusers.WanPipeline(**parts, expand_timesteps=either)
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
