"""What a video file is: probing, decoding, pairing, encoding, and measuring through ffmpeg."""
