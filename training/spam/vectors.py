"""Where the token embedding starts: vectors of tokens that stand near each other in the training texts."""

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.linalg import svds

NEAR = 5  # tokens to either side that count as neighbours, with weight 1 / distance
SMOOTHED = 0.75  # exponent of the neighbour's frequency
SPREAD = 0.3  # standard deviation of the entries


def neighbours(rows: list[list[int]], size: int) -> csr_matrix:
    """How often two tokens stand near each other (size, size); the `<start>` in front of each row is left out."""
    first, second, weights = [], [], []
    for row in rows:
        ids = np.array(row[1:], dtype=np.int64)
        for distance in range(1, min(NEAR, len(ids) - 1) + 1):
            left, right = ids[:-distance], ids[distance:]
            first += [left, right]
            second += [right, left]
            weights.append(np.full(2 * len(left), 1.0 / distance))
    places = (np.concatenate(first), np.concatenate(second))
    return coo_matrix((np.concatenate(weights), places), shape=(size, size)).tocsr()


def token_vectors(rows: list[list[int]], size: int, width: int) -> np.ndarray:
    """Vectors (size, width) from the positive pointwise mutual information of neighbours, by a truncated SVD.

    Levy and Goldberg, Neural Word Embedding as Implicit Matrix Factorization (2014). Row 0 (padding) is zero.
    """
    counts = neighbours(rows, size).tocoo()
    total = counts.sum()
    ahead = np.asarray(counts.sum(axis=1)).ravel()
    behind = ahead**SMOOTHED
    behind *= total / behind.sum()
    information = np.log(counts.data * total / (ahead[counts.row] * behind[counts.col]))
    kept = information > 0
    matrix = coo_matrix((information[kept], (counts.row[kept], counts.col[kept])), shape=(size, size)).tocsr()
    left, strength, _ = svds(matrix, k=width, v0=np.ones(size))
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(width)])  # an SVD leaves them open
    vectors = left * signs * np.sqrt(strength)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1.0  # rare tokens stay short
    vectors *= SPREAD / vectors.std()
    vectors[0] = 0.0
    return vectors
