//! Where counting begins and ends. callgrind knows both functions by their names, which
//! `xtask/src/instructions/callgrind.rs` has as well.

use std::hint::black_box;

/// From here on it is counted.
#[inline(never)]
fn begin_counting() {
    // Something else in each, or they would be one function.
    black_box("begin");
}

/// What was done since [`begin_counting`] is counted.
#[inline(never)]
fn end_counting() {
    black_box("end");
}

/// Does something that is counted.
pub(crate) fn counted<T>(what: impl FnOnce() -> T) -> T {
    begin_counting();
    let done = what();
    end_counting();
    done
}

/// Waits for something that is counted, whichever thread does it.
pub(crate) async fn counted_until<T>(what: impl Future<Output = T>) -> T {
    begin_counting();
    let done = what.await;
    end_counting();
    done
}
