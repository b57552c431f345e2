//! The change gate (placeholder until written).
