//! The lab's workloads under criterion, for a closer look at some of them:
//! `cargo bench --package threadkit-benches -- FILTER`.

use std::time::Duration;

use criterion::Criterion;
use threadkit_benches::row::{Effort, Row};

/// How long each of criterion's measurements lasts, times what the row asks for.
const TIME: Duration = Duration::from_millis(5);

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for row in threadkit_benches::rows() {
        if row.is_for_detail() {
            measure(&mut criterion, &row);
        }
    }
    criterion.final_summary();
}

/// One group for the row, one benchmark in it for each contender.
///
/// The workloads decide themselves how often they do what they do, so criterion gets the time of one
/// operation times the number that it asked for.
fn measure(criterion: &mut Criterion, row: &Row) {
    let effort = Effort { time: TIME.mul_f64(row.weight) };
    let mut group = criterion.benchmark_group(row.id());
    for contender in &row.contenders {
        let time_of_one = || {
            let sample =
                contender.measure(effort).expect("what is timed can be measured everywhere");
            row.nanos(sample.value).expect("the row is timed")
        };
        group.bench_function(contender.name, |bencher| {
            bencher
                .iter_custom(|count| Duration::from_nanos(1).mul_f64(time_of_one() * count as f64));
        });
    }
    group.finish();
}
