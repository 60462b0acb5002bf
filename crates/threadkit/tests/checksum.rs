//! The checksum example against the system's `sha256sum`, and its parts by themselves.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]
#![cfg(unix)] // file names of any bytes, `sh`, and symbolic links

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use threadkit::ThreadPool;

#[path = "../examples/checksum/line.rs"]
mod line;
#[path = "../examples/checksum/ordered.rs"]
mod ordered;
mod support;

use crate::support::{Folder, example, os, text};

fn checksum(folder: &Folder, args: &[impl AsRef<OsStr>]) -> Output {
    folder.run(&example("checksum"), &os(args), b"")
}

fn sha256sum(folder: &Folder, args: &[impl AsRef<OsStr>]) -> Output {
    folder.run(Path::new("sha256sum"), &os(args), b"")
}

#[track_caller]
fn assert_same(ours: &Output, theirs: &Output) {
    assert_eq!(text(&ours.stdout), text(&theirs.stdout));
    assert_eq!(ours.stdout, theirs.stdout);
    assert_eq!(text(&ours.stderr), text(&theirs.stderr).replace("sha256sum: ", "checksum: "));
    assert_eq!(ours.status.code(), theirs.status.code());
}

fn odd_names() -> Vec<OsString> {
    let names: [&[u8]; 12] = [
        b"two words",
        b" leading",
        b"trailing ",
        b"back\\slash",
        b"new\nline",
        b"\n",
        b"carriage\rreturn",
        b"\\n",
        b"not \xff utf-8 \xc3",
        b"-dash",
        b"*star",
        b".hidden",
    ];
    names.iter().map(|name| OsString::from_vec(name.to_vec())).collect()
}

#[test]
fn a_folder_with_odd_names() {
    let folder = Folder::new();
    for name in odd_names() {
        folder.write(&name, "odd");
        folder.write(Path::new("deep/deeper").join(&name), "odd, too");
    }
    for name in ["a", "a.b", "a-dir/x", "a.dir/x", "a dir/.hidden/x", "deep.x", "deep0", "empty"] {
        folder.write(name, if name == "empty" { "" } else { name });
    }
    File::create(folder.0.join("big")).unwrap().set_len(100 << 20).unwrap();
    symlink("a", folder.0.join("link-to-file")).unwrap();
    symlink(".", folder.0.join("link-to-folder")).unwrap();
    symlink("nowhere", folder.0.join("link-to-nowhere")).unwrap();
    fs::create_dir(folder.0.join("empty-folder")).unwrap();

    let ours = checksum(&folder, &["."]);
    let find = "find . -type f -print0 | sort -z | xargs -0 sha256sum --";
    assert_same(&ours, &folder.run(Path::new("sh"), &os(&["-c", find]), b""));
    assert_eq!(text(&ours.stderr), "", "no progress bar without a terminal");
    assert_eq!(ours.stdout.iter().filter(|&&byte| byte == b'\n').count(), 2 * 12 + 8 + 1);

    // What we write, both can check.
    fs::write(folder.0.join("sums"), &ours.stdout).unwrap();
    let theirs = sha256sum(&folder, &["--check", "sums"]);
    assert!(theirs.status.success());
    assert_same(&checksum(&folder, &["--check", "sums"]), &theirs);
}

#[test]
fn named_paths_come_in_their_order() {
    let folder = Folder::new();
    for name in ["b", "a", "dir/2", "dir/1"] {
        folder.write(name, name);
    }
    symlink("a", folder.0.join("link")).unwrap();
    symlink("dir", folder.0.join("link-to-folder")).unwrap();
    assert_same(
        &checksum(&folder, &["b", "a", "link", "dir", "./a", "dir/", "link-to-folder", "a"]),
        &sha256sum(
            &folder,
            &[
                "b",
                "a",
                "link",
                "dir/1",
                "dir/2",
                "./a",
                "dir/1",
                "dir/2",
                "link-to-folder/1",
                "link-to-folder/2",
                "a",
            ],
        ),
    );
}

#[test]
fn more_files_than_fit_in_the_window() {
    let folder = Folder::new();
    for number in 0..3000 {
        folder.write(number.to_string(), &number.to_string());
    }
    let find = "find . -type f -print0 | sort -z | xargs -0 sha256sum --";
    let theirs = folder.run(Path::new("sh"), &os(&["-c", find]), b"");
    for jobs in ["1", "2", "40"] {
        assert_same(&checksum(&folder, &["--jobs", jobs, "."]), &theirs);
    }
}

#[test]
fn what_is_missing_is_told_and_the_others_are_done() {
    let folder = Folder::new();
    folder.write("a", "a");
    folder.write("z", "z");
    symlink("nowhere", folder.0.join("dangling")).unwrap();
    let names = ["a", "dangling", "removed/folder", "z"];
    let ours = checksum(&folder, &names);
    assert_same(&ours, &sha256sum(&folder, &names));
    assert_eq!(ours.status.code(), Some(1));
    assert_eq!(
        text(&ours.stderr),
        "checksum: dangling: No such file or directory\n\
         checksum: removed/folder: No such file or directory\n"
    );
    let odd = OsStr::from_bytes(b"no\nsuch\xff");
    let ours = checksum(&folder, &[odd]);
    assert_eq!(ours.stderr, b"checksum: no\\nsuch\xff: No such file or directory\n");
}

#[test]
fn a_dash_is_the_standard_input() {
    let folder = Folder::new();
    folder.write("a", "a");
    let args = os(&["a", "-", "-", "a"]);
    assert_same(
        &folder.run(&example("checksum"), &args, b"hello\n"),
        &folder.run(Path::new("sha256sum"), &args, b"hello\n"),
    );
}

#[test]
fn lists_are_checked_as_sha256sum_checks_them() {
    let folder = Folder::new();
    for name in odd_names() {
        folder.write(&name, "odd");
    }
    let names = odd_names().into_iter().filter(|name| name != "-dash").collect::<Vec<_>>();
    let sums = text(&sha256sum(&folder, &["two words"]).stdout);
    let sum = sums.split(' ').next().unwrap();
    let lists: [(&str, Vec<u8>); 10] = [
        ("good", sha256sum(&folder, &names).stdout),
        ("tagged", sha256sum(&folder, &[vec!["--tag".into()], names.clone()].concat()).stdout),
        ("binary", sha256sum(&folder, &[vec!["--binary".into()], names.clone()].concat()).stdout),
        ("upper-case", format!("# a comment\n\n  {}  *star\n", sum.to_uppercase()).into()),
        ("one-malformed", format!("{sum}  *star\n{sum}\n").into()),
        ("malformed", format!("{sum}  *star\nx\n{sum} \n{sum}  \n{sum}x  a\n").into()),
        ("bad-escapes", format!("{sum}  *star\n\\{sum}  \\x\n\\{sum}  \\\n").into()),
        ("changed", format!("{sum}  *star\r\n{}  .hidden", "0".repeat(64)).into()),
        ("missing", format!("{sum}  gone\n{sum}  lost\n{sum}  *star\n").into()),
        ("nothing", b"# nothing\nnothing\n".to_vec()),
    ];
    for (name, list) in &lists {
        folder.write(name, "");
        fs::write(folder.0.join(name), list).unwrap();
        assert_same(
            &checksum(&folder, &["--check", name]),
            &sha256sum(&folder, &["--check", name]),
        );
    }
    let both = [lists[0].1.as_slice(), &lists[8].1, &lists[7].1].concat();
    let both = [both, format!("\n{sum}  -\n").into()].concat();
    let args = os(&["--check", "-"]);
    let ours = folder.run(&example("checksum"), &args, &both);
    assert_same(&ours, &folder.run(Path::new("sha256sum"), &args, &both));
    assert!(text(&ours.stderr).contains("WARNING: 1 computed checksum did NOT match\n"));
    assert_same(
        &checksum(&folder, &["--check", "gone"]),
        &sha256sum(&folder, &["--check", "gone"]),
    );
}

#[test]
fn no_more_files_are_open_than_allowed() {
    let folder = Folder::new();
    for number in 0..40 {
        File::create(folder.0.join(number.to_string())).unwrap().set_len(1 << 20).unwrap();
    }
    // Room for the standard streams, the folder that is walked, and three files.
    let script = "ulimit -n 8; exec \"$0\" --jobs 32 --max-open 3 .";
    let ours = folder.run(
        Path::new("sh"),
        &[OsStr::new("-c"), script.as_ref(), example("checksum").as_ref()],
        b"",
    );
    assert_eq!(text(&ours.stderr), "");
    assert!(ours.status.success());
}

#[test]
fn senseless_arguments_are_refused() {
    let folder = Folder::new();
    for args in [&["--jobs", "0", "a"], &["--max-open", "0", "a"], &["--jobs", "many", "a"]] {
        let ours = checksum(&folder, args);
        assert_eq!(ours.status.code(), Some(2));
        assert!(
            text(&ours.stderr).contains(&format!("invalid value '{}' for '{}", args[1], args[0]))
        );
    }
    assert_eq!(checksum(&folder, &[""; 0]).status.code(), Some(2));
    assert_eq!(checksum(&folder, &["--check", "a", "b"]).status.code(), Some(2));
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let folder = Folder::new();
    for number in 0..3000 {
        folder.write(number.to_string(), "");
    }
    let script = "{ \"$0\" .; echo $? >&2; } | head -n 1 | wc -l";
    let ours = folder.run(
        Path::new("bash"),
        &[OsStr::new("-c"), script.as_ref(), example("checksum").as_ref()],
        b"",
    );
    assert_eq!((text(&ours.stdout).trim(), text(&ours.stderr).trim()), ("1", "1"));
}

#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::new();
    folder.write("a", "");
    let script = "exec \"$0\" a > /dev/full";
    let ours = folder.run(
        Path::new("sh"),
        &[OsStr::new("-c"), script.as_ref(), example("checksum").as_ref()],
        b"",
    );
    assert_eq!(text(&ours.stderr), "checksum: write error: No space left on device\n");
    assert_eq!(ours.status.code(), Some(1));
}

#[test]
fn a_job_that_panics_is_an_error_in_its_place() {
    let pool = ThreadPool::new(4);
    let job = |number: usize| move || if number == 7 { panic!("on purpose") } else { 2 * number };
    let mut results = Vec::new();
    let done =
        ordered::run(&pool, (0..3000).map(|number| (number, job(number))), |number, result| {
            results.push((number, result.ok()));
            Ok::<(), ()>(())
        });
    assert_eq!(done, Ok(()));
    assert_eq!(results.len(), 3000);
    for (index, (number, result)) in results.into_iter().enumerate() {
        assert_eq!((number, result), (index, (index != 7).then_some(2 * index)));
    }
}

#[test]
fn a_report_that_fails_ends_the_run() {
    let pool = ThreadPool::new(2);
    let many = (0..100_000).map(|number| (number, move || number));
    let report = |number, _| if number == 5 { Err("enough") } else { Ok(()) };
    assert_eq!(ordered::run(&pool, many, report), Err("enough"));
}

#[test]
fn each_byte_of_a_name_comes_back() {
    let sum = std::array::from_fn(|index| index as u8 * 7);
    for byte in 1..=u8::MAX {
        let name = [b"a", [byte; 2].as_slice(), b"b"].concat();
        let line = line::format(&sum, &name);
        let (end, line) = line.split_last().unwrap();
        assert_eq!(*end, b'\n');
        assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
        assert_eq!(line::parse(line), Some((sum, name)));
    }
}
