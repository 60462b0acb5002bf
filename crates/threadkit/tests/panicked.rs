//! A panic has one type, under one name, whichever features are on; and an error that includes one
//! says so in one word.

#![cfg(any(feature = "thread", feature = "threadpool", feature = "queue"))]
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::error::Error;

use threadkit::Panicked;

/// The error with all its sources, as programs print it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

fn says_once_that_it_panicked(error: &dyn Error) {
    for text in [error.to_string(), chain(error)] {
        assert_eq!(text.matches("panicked").count(), 1, "{text}");
        assert_eq!(text.matches(": on purpose").count(), 1, "{text}");
    }
}

/// Whoever has the panic itself writes the sentence.
fn is_the_message(panicked: &Panicked) {
    assert_eq!(panicked.to_string(), "on purpose");
    assert_eq!(format!("{panicked:>12}"), "  on purpose");
    assert_eq!(format!("{panicked:?}"), r#"Panicked("on purpose")"#);
    assert!(panicked.source().is_none());
}

#[cfg(feature = "thread")]
#[test]
fn of_a_thread() {
    use threadkit::thread;

    let error = thread::spawn(|| panic!("on purpose")).join().unwrap_err();
    says_once_that_it_panicked(&error);
    is_the_message(error.as_panic().unwrap());
    let error = thread::scope(|s| s.spawn(|| panic!("on purpose")).join()).unwrap_err();
    says_once_that_it_panicked(&error);
    is_the_message(error.as_panic().unwrap());
}

#[cfg(feature = "threadpool")]
#[test]
fn of_a_job() {
    use std::sync::mpsc;
    use threadkit::{JobError, ThreadPool};

    let (tell, told) = mpsc::channel();
    let hook = move |panicked: &Panicked| {
        is_the_message(panicked);
        tell.send(()).unwrap();
    };
    let pool = ThreadPool::builder().workers(1).on_panic(hook).build().unwrap();
    let error = pool.submit(|| panic!("on purpose")).join().unwrap_err();
    says_once_that_it_panicked(&error);
    let JobError::Panicked(panicked) = error else { panic!("another error: {error}") };
    is_the_message(&panicked);
    assert!(pool.execute(|| panic!("on purpose")).is_ok());
    told.recv().unwrap();
}

#[cfg(feature = "threadpool")]
#[test]
fn of_a_start_hook() {
    use threadkit::ThreadPool;

    let builder = ThreadPool::builder().workers(1);
    let error =
        builder.on_start(|_| -> Result<(), &str> { panic!("on purpose") }).build().unwrap_err();
    says_once_that_it_panicked(&error);
    let builder = ThreadPool::builder().workers(1);
    let error = builder.on_start(|_| Err("on purpose")).build().unwrap_err();
    assert_eq!(error.to_string(), "a worker's start hook failed: on purpose");
}

#[cfg(feature = "queue")]
#[test]
fn of_a_handler() {
    use threadkit::{Failure, QueuePool};

    let handler =
        |_: &threadkit::Job<'_>, _: &u8| -> Result<(), threadkit::Fail> { panic!("on purpose") };
    let pool = QueuePool::builder(handler).workers(1).dead_letters(1).build().unwrap();
    pool.send(1).unwrap();
    let failure = pool.dead_letters().recv().unwrap().failure;
    says_once_that_it_panicked(&failure);
    let Failure::Panicked(panicked) = failure else { panic!("another failure: {failure}") };
    is_the_message(&panicked);
}
