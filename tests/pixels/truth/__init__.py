"""libvmaf's integer extractors in NumPy, on whole planes: slow, plain, equal to six decimals. Each step judges ours."""
