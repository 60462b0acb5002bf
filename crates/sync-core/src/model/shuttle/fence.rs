//! The pair where all threads see everything in the same order anyway: neither side has anything to do.

/// Does nothing.
pub fn light() {}

/// Does nothing.
pub fn light_reserved() {}

/// Never refused.
#[must_use = "if it was refused, what others did before a `light` may not be seen"]
pub fn heavy() -> bool {
    true
}

/// Never refused.
#[must_use = "if it was refused, what others did before a `light` may not be seen"]
pub fn heavy_reserved() -> bool {
    true
}

/// Always.
pub fn affordable() -> bool {
    true
}

/// Always.
pub fn reserve() -> bool {
    true
}

/// Yes, so that the paths for it are taken.
pub fn is_asymmetric() -> bool {
    true
}
