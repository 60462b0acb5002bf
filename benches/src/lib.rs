//! Benchmarks of the workspace: every area beside its peers, in one binary.
