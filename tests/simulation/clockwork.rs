//! Tasks on one thread, in virtual time: the same seed gives the same run, on every machine.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use model::Timestamp;

/// When every run begins.
const BEGINNING: u64 = 1_700_000_000_000_000;

/// Whose task it is; whoever is killed loses all of them at once, wherever they wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// What goes on whoever is killed: requests on their way, users, faults.
    Nobody,
    Decider(usize),
    /// One term of a decider.
    Term(usize),
    Executor(usize),
    /// An executor's work on one part.
    Part(usize, u16),
}

type Work = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Tasks {
    next: u64,
    all: BTreeMap<u64, (Owner, Option<Work>)>,
}

/// The tasks and the time.
#[derive(Clone)]
pub(crate) struct Clockwork(Rc<Inner>);

struct Inner {
    now: Cell<u64>,
    armed: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    ready: Arc<Mutex<VecDeque<u64>>>,
    tasks: RefCell<Tasks>,
}

struct Bell {
    task: u64,
    ready: Arc<Mutex<VecDeque<u64>>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if !ready.contains(&self.task) {
            ready.push_back(self.task);
        }
    }
}

impl Clockwork {
    pub(crate) fn new() -> Self {
        Self(Rc::new(Inner {
            now: Cell::new(BEGINNING),
            armed: Cell::new(0),
            timers: RefCell::default(),
            ready: Arc::default(),
            tasks: RefCell::default(),
        }))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.now.get())
    }

    /// How long it has been running.
    pub(crate) fn elapsed(&self) -> Duration {
        self.now().since(Timestamp::from_micros(BEGINNING))
    }

    pub(crate) fn spawn(&self, owner: Owner, work: impl Future<Output = ()> + 'static) {
        let mut tasks = self.0.tasks.borrow_mut();
        tasks.next += 1;
        let task = tasks.next;
        tasks.all.insert(task, (owner, Some(Box::pin(work))));
        self.0.ready.lock().unwrap_or_else(PoisonError::into_inner).push_back(task);
    }

    /// Drops all tasks of an owner.
    pub(crate) fn kill(&self, owner: Owner) {
        let mut tasks = self.0.tasks.borrow_mut();
        let (dead, alive) = std::mem::take(&mut tasks.all)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(_, (of, _))| *of == owner);
        tasks.all = alive;
        // What tasks hold may want to look at other tasks when it is dropped.
        drop(tasks);
        drop(dead);
    }

    /// Drops all tasks.
    pub(crate) fn clear(&self) {
        let tasks = std::mem::take(&mut self.0.tasks.borrow_mut().all);
        drop(tasks);
    }

    /// Sleeps for a while.
    pub(crate) fn sleep(&self, span: Duration) -> Sleep {
        Sleep { clock: self.clone(), until: self.now().plus(span), timer: None }
    }

    /// Lets one task run, or else time pass to the next timer; `false` where nothing is left to happen.
    pub(crate) fn turn(&self) -> bool {
        let next = self.0.ready.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if let Some(task) = next {
            self.poll(task);
            return true;
        }
        let timer = self.0.timers.borrow_mut().pop_first();
        let Some(((at, _), waker)) = timer else { return false };
        self.0.now.set(at);
        waker.wake();
        true
    }

    fn poll(&self, task: u64) {
        let work = self.0.tasks.borrow_mut().all.get_mut(&task).and_then(|(_, work)| work.take());
        let Some(mut work) = work else { return };
        let waker = Waker::from(Arc::new(Bell { task, ready: Arc::clone(&self.0.ready) }));
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        let mut tasks = self.0.tasks.borrow_mut();
        match polled {
            Poll::Ready(()) => {
                tasks.all.remove(&task);
            }
            // It may have been killed by what it did.
            Poll::Pending => {
                if let Some((_, place)) = tasks.all.get_mut(&task) {
                    *place = Some(work);
                    return;
                }
            }
        }
        drop(tasks);
    }
}

/// Ready when its time has come.
pub(crate) struct Sleep {
    clock: Clockwork,
    until: Timestamp,
    timer: Option<(u64, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.now() >= self.until {
            return Poll::Ready(());
        }
        let inner = Rc::clone(&self.clock.0);
        let until = self.until.as_micros();
        let timer = *self.timer.get_or_insert_with(|| {
            inner.armed.set(inner.armed.get() + 1);
            (until, inner.armed.get())
        });
        inner.timers.borrow_mut().insert(timer, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            self.clock.0.timers.borrow_mut().remove(&timer);
        }
    }
}
