"""Once for all: one training makes all sizes of a network, of which a search takes the best for a board.

After Cai, Gan, Wang, Zhang and Han, "Once-for-all: train one network and specialize it for efficient
deployment", ICLR 2020. A sub-network is an ordinary recipe; its weights are a function of the shared ones.
"""
