//! Threads that own what only one may touch: writing connections, and readers by turns.
//!
//! ```text
//!   call(job).await ──► bounded queue ──► thread: job(&mut member), answer, member.afterwards()
//! ```
//!
//! Invariant: a job that was taken in is done, also when nobody waits for its answer any more:
//! an append that a client gave up may be in the journal, and then it is whole.
//! Invariant: nothing here waits on a lock while it awaits.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

/// What a thread owns.
pub(crate) trait Member: Send + 'static {
    /// Called after each answer, for what nobody waits for.
    fn afterwards(&mut self) {}
}

/// The crew has been dismissed, or one of it died.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gone;

type Job<M> = Box<dyn FnOnce(&mut M) + Send>;
/// Protects the receiving end, which the threads of a crew take jobs from by turns. Threads wait
/// inside for jobs, and for nothing else; no task ever locks it.
type Queue<M> = Arc<Mutex<mpsc::Receiver<Job<M>>>>;

/// Some threads with a common queue.
pub(crate) struct Crew<M> {
    /// Protects the sending end until the crew is dismissed; held for a clone, never over an await.
    queue: Mutex<Option<mpsc::Sender<Job<M>>>>,
    /// Protects the handles until they are joined; locked by [`Crew::dismiss`] only.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<M> fmt::Debug for Crew<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").finish_non_exhaustive()
    }
}

impl<M: Member> Crew<M> {
    /// Starts one thread per member; `bound` jobs may wait.
    pub(crate) fn start(name: &str, bound: usize, members: Vec<M>) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(bound);
        let queue: Queue<M> = Arc::new(Mutex::new(receiver));
        let threads = members.into_iter().map(|member| {
            let queue = Arc::clone(&queue);
            let thread = thread::Builder::new().name(name.to_owned());
            thread.spawn(move || work(&queue, member))
        });
        Ok(Self {
            threads: Mutex::new(threads.collect::<Result<_, _>>()?),
            queue: Mutex::new(Some(sender)),
        })
    }

    /// Has a member do a job, and waits for its answer.
    pub(crate) async fn call<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut M) -> R + Send + 'static,
    ) -> Result<R, Gone> {
        let (answer, answered) = oneshot::channel();
        let job: Job<M> = Box::new(move |member| {
            // Whoever asked may have gone; the job is done all the same.
            drop(answer.send(job(member)));
            member.afterwards();
        });
        let queue = lock(&self.queue).clone().ok_or(Gone)?;
        queue.send(job).await.map_err(|_| Gone)?;
        drop(queue);
        answered.await.map_err(|_| Gone)
    }

    /// How many jobs wait, and how many may; none once the crew is dismissed.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        lock(&self.queue).as_ref().map_or((0, 0), |queue| {
            let bound = queue.max_capacity();
            (bound - queue.capacity(), bound)
        })
    }

    /// Lets the threads finish what waits, and ends them. Blocks until they have ended.
    pub(crate) fn dismiss(&self) {
        drop(lock(&self.queue).take());
        for thread in lock(&self.threads).drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store had died");
            }
        }
    }
}

fn work<M: Member>(queue: &Queue<M>, mut member: M) {
    loop {
        let job = lock(queue).blocking_recv();
        match job {
            Some(job) => job(&mut member),
            None => return,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
