"""What goes beside a painting pipeline, tiny and saved as users find it: LoRAs, IP-Adapters and captioning models."""

from pathlib import Path

import diffusers
import torch
import transformers
from safetensors.torch import save_file
from tiny_texts import bert_tokenizer, seeded


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
        encoder = transformers.CLIPVisionModelWithProjection(clip_vision(projection=32))
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


def tiny_blip(folder: Path, *, seed: int = 0) -> Path:
    """Save a BLIP captioning model with its processor."""
    small = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 1, "num_attention_heads": 4}
    with seeded(seed):
        tokenizer = bert_tokenizer()
        text = small | {
            "vocab_size": len(tokenizer),
            "encoder_hidden_size": 32,
            "bos_token_id": tokenizer.cls_token_id,
            "eos_token_id": tokenizer.sep_token_id,
            "sep_token_id": tokenizer.sep_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        }
        vision = small | {"image_size": 32, "patch_size": 16}
        config = transformers.BlipConfig(text_config=text, vision_config=vision, projection_dim=16)
        model = transformers.BlipForConditionalGeneration(config).eval()
    model.save_pretrained(folder)
    pictures = transformers.BlipImageProcessor(size={"height": 32, "width": 32})
    transformers.BlipProcessor(image_processor=pictures, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def tiny_captioner(folder: Path, *, seed: int = 0) -> Path:
    """Save a GIT captioning model with its processor."""
    with seeded(seed):
        tokenizer = bert_tokenizer()
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


def clip_vision(*, projection: int) -> transformers.CLIPVisionConfig:
    """How a two-layer CLIP looks at pictures of 32×32."""
    return transformers.CLIPVisionConfig(
        hidden_size=32,
        projection_dim=projection,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        intermediate_size=37,
        patch_size=8,
    )
