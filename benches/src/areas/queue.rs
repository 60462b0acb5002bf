//! Worker queues: messages a second, and the round trip of one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use pool_queue::{Job, QueuePool, Shutdown};

use super::contenders;
use super::threadpool::workers;
use crate::clock::{nanos_of, repeat, round_trips};
use crate::row::{Effort, Kind, OURS, Row, Sample, Unit};

/// Adds up the numbers sent to it, on so many workers.
pub(crate) trait Adder {
    const NAME: &'static str;

    fn new(workers: usize, capacity: Option<usize>) -> Self;

    fn send(&self, number: u64);

    /// Ends the workers when all that was sent is added up.
    fn finish(self);
}

/// What all add to; each run begins by emptying it.
static SUM: AtomicU64 = AtomicU64::new(0);

#[inline]
fn add(number: u64) {
    SUM.fetch_add(number, Relaxed);
}

impl Adder for QueuePool<u64, ()> {
    const NAME: &'static str = OURS;

    fn new(workers: usize, capacity: Option<usize>) -> Self {
        let builder = Self::builder(|_job: &Job<'_>, number: &u64| {
            add(*number);
            Ok(())
        });
        let builder = builder.workers(workers);
        let builder = match capacity {
            Some(capacity) => builder.capacity(capacity),
            None => builder.unbounded(),
        };
        builder.build().expect("threads can be had")
    }

    #[inline]
    fn send(&self, number: u64) {
        self.send(number).expect("the pool is open");
    }

    fn finish(self) {
        let report = self.shutdown(Shutdown::Drain, Duration::MAX);
        assert!(report.is_complete(), "{report:?}");
    }
}

/// The loop that one writes by hand on crossbeam's channel.
#[derive(Debug)]
pub(crate) struct Loop {
    sender: Sender<u64>,
    workers: Vec<JoinHandle<()>>,
}

impl Adder for Loop {
    const NAME: &'static str = "crossbeam-channel loop";

    fn new(workers: usize, capacity: Option<usize>) -> Self {
        let (sender, receiver) = match capacity {
            Some(capacity) => crossbeam_channel::bounded(capacity),
            None => crossbeam_channel::unbounded(),
        };
        let worker = |_| {
            let receiver = receiver.clone();
            thread::spawn(move || receiver.iter().for_each(add))
        };
        Self { sender, workers: (0..workers).map(worker).collect() }
    }

    #[inline]
    fn send(&self, number: u64) {
        self.sender.send(number).expect("the workers are there");
    }

    fn finish(self) {
        drop(self.sender);
        self.workers.into_iter().for_each(|worker| worker.join().expect("nobody panics"));
    }
}

/// The same on std's channel, whose one receiver the workers share.
#[derive(Debug)]
pub(crate) struct SharedReceiver {
    sender: Either,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
enum Either {
    Bounded(mpsc::SyncSender<u64>),
    Unbounded(mpsc::Sender<u64>),
}

impl Adder for SharedReceiver {
    const NAME: &'static str = "std mpsc behind a Mutex";

    fn new(workers: usize, capacity: Option<usize>) -> Self {
        let (sender, receiver) = match capacity {
            Some(capacity) => {
                let (sender, receiver) = mpsc::sync_channel(capacity);
                (Either::Bounded(sender), receiver)
            }
            None => {
                let (sender, receiver) = mpsc::channel();
                (Either::Unbounded(sender), receiver)
            }
        };
        let receiver = Arc::new(Mutex::new(receiver));
        let worker = |_| {
            let receiver = Arc::clone(&receiver);
            let next = move || receiver.lock().expect("nobody panics").recv().ok();
            thread::spawn(move || std::iter::from_fn(next).for_each(add))
        };
        Self { sender, workers: (0..workers).map(worker).collect() }
    }

    #[inline]
    fn send(&self, number: u64) {
        let sent = match &self.sender {
            Either::Bounded(sender) => sender.send(number),
            Either::Unbounded(sender) => sender.send(number),
        };
        sent.expect("the workers are there");
    }

    fn finish(self) {
        drop(self.sender);
        self.workers.into_iter().for_each(|worker| worker.join().expect("nobody panics"));
    }
}

const AREA: &str = "queue";

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, capacity) in [("bounded 1024", Some(1024)), ("unbounded", None)] {
        let adders = contenders!(
            QueuePool<u64, ()>, Loop, SharedReceiver;
            A => move |effort| throughput::<A>(effort, capacity)
        );
        let unit = Unit::higher("messages/s");
        let row = Row::new(AREA, format!("messages, {name}"), unit, Kind::Handing, adders);
        rows.push(row.budget(1.1).weight(3.0));
    }
    let echoes = contenders!(EchoPool, EchoLoop; E => round_trip::<E>);
    let trip = Row::new(AREA, "idle round trip", Unit::MICROS, Kind::RoundTrip, echoes);
    rows.push(trip.weight(2.0));
    rows
}

const MESSAGES: u64 = 200_000;

/// Messages a second from the first send until all are added up.
fn throughput<A: Adder>(effort: Effort, capacity: Option<usize>) -> Sample {
    let (mut sent, mut nanos) = (0, 0.0);
    repeat(effort.time, || {
        SUM.store(0, Relaxed);
        let adder = A::new(workers(), capacity);
        // The workers have begun and wait when the first message comes.
        thread::sleep(Duration::from_millis(1));
        let start = Instant::now();
        (0..MESSAGES).for_each(|number| adder.send(number));
        adder.finish();
        nanos += nanos_of(start.elapsed());
        sent += MESSAGES;
        let sum = SUM.load(Relaxed);
        assert_eq!(sum, MESSAGES * (MESSAGES - 1) / 2, "messages were lost or added twice");
    });
    Sample::new(sent as f64 / nanos * 1e9)
}

/// Sends each number back, one more.
trait Echo {
    const NAME: &'static str;

    fn new() -> Self;

    fn ask(&self, number: u64) -> u64;
}

/// Our queue pool with its results.
struct EchoPool {
    pool: QueuePool<u64, u64>,
    results: pool_queue::Receiver<pool_queue::Done<u64>>,
}

impl Echo for EchoPool {
    const NAME: &'static str = OURS;

    fn new() -> Self {
        let builder = QueuePool::builder(|_job: &Job<'_>, number: &u64| Ok(number + 1));
        let pool = builder.workers(workers()).capacity(1024).results(1024);
        let pool = pool.build().expect("threads can be had");
        let results = pool.results();
        Self { pool, results }
    }

    fn ask(&self, number: u64) -> u64 {
        self.pool.send(number).expect("the pool is open");
        self.results.recv().expect("a result").outcome.expect("nobody fails")
    }
}

/// Two channels and a loop.
struct EchoLoop {
    sender: Sender<u64>,
    results: Receiver<u64>,
}

impl Echo for EchoLoop {
    const NAME: &'static str = Loop::NAME;

    fn new() -> Self {
        let (sender, numbers) = crossbeam_channel::bounded::<u64>(1024);
        let (answers, results) = crossbeam_channel::bounded(1024);
        for _ in 0..workers() {
            let (numbers, answers) = (numbers.clone(), answers.clone());
            thread::spawn(move || numbers.iter().try_for_each(|number| answers.send(number + 1)));
        }
        Self { sender, results }
    }

    fn ask(&self, number: u64) -> u64 {
        self.sender.send(number).expect("the workers are there");
        self.results.recv().expect("a result")
    }
}

/// One message at a time for workers that have gone to sleep.
fn round_trip<E: Echo>(effort: Effort) -> Sample {
    let echo = E::new();
    round_trips(effort, |number| echo.ask(number))
}
