"""The recurrent wing's look into PyTorch: gradient flow through time in anyone's RNN, GRU and LSTM.

Importing it does not import torch; using it does.
"""
