//! Work that threads share.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Does jobs 0, 1, … on some threads; `done` hears of each on this one, in the order in which they end.
pub(crate) fn share<T: Send>(
    threads: NonZeroUsize,
    jobs: usize,
    work: &(dyn Fn(usize) -> T + Sync),
    done: &mut dyn FnMut(usize, T),
) {
    let next = AtomicUsize::new(0);
    let (tell, ended) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.get().min(jobs) {
            let (tell, next) = (tell.clone(), &next);
            scope.spawn(move || {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    if job >= jobs || tell.send((job, work(job))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        for (job, result) in ended {
            done(job, result);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_is_done_once_whatever_the_number_of_threads() {
        for threads in [1, 3, 50] {
            let mut found = vec![0; 20];
            let threads = NonZeroUsize::new(threads).expect("some");
            share(threads, 20, &|job| job + 1, &mut |job, result| found[job] += result);
            assert_eq!(found, (1..=20).collect::<Vec<_>>());
        }
        share(NonZeroUsize::MIN, 0, &|job| job, &mut |_, _| panic!("there is none"));
    }
}
