"""Published weights: read them without the framework that wrote them, check, convert, download.

    python -m weights list
    python -m weights download vgg16
    python -m weights convert vgg16-397923af.pth vgg16.h5 --model vgg16
    python -m weights info vgg16.h5

Reading order: pickled.py, torch_file.py, caffe_file.py and the other formats; formats.py, which
tells them apart; names.py; publishers.py; convert.py and download.py.
"""
