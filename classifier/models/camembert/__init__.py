"""Fine-tuned encoders of the CamemBERT kind: the only home of torch and transformers.

What a model reads (:mod:`inputs`) and how it answers (:mod:`reading`) need neither, so that
:mod:`classifier.models.onnx` shares them.
"""
