//! From the paths of the command line to the files beneath them.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;

use walkdir::{DirEntry, WalkDir};

/// A file, or a path that leads nowhere and why.
pub(crate) type Found = Result<PathBuf, (PathBuf, io::Error)>;

/// Finds the files lazily: the paths in the order given, the files below a path in the order of
/// their bytes.
///
/// A named path is followed if it is a symbolic link; links found on the way are not, and neither
/// are devices, pipes and sockets. Hidden files are files.
pub(crate) fn files(paths: Vec<PathBuf>) -> impl Iterator<Item = Found> {
    paths.into_iter().flat_map(|path| -> Box<dyn Iterator<Item = Found>> {
        if path.is_dir() { Box::new(below(path)) } else { Box::new(std::iter::once(named(path))) }
    })
}

fn named(path: PathBuf) -> Found {
    match fs::metadata(&path) {
        Err(error) if path.as_os_str() != "-" => Err((path, error)),
        _ => Ok(path),
    }
}

fn below(folder: PathBuf) -> impl Iterator<Item = Found> {
    let walk = WalkDir::new(&folder).sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    walk.into_iter().filter_map(move |entry| match entry {
        Ok(entry) => entry.file_type().is_file().then(|| Ok(entry.into_path())),
        Err(error) => {
            let path = error.path().unwrap_or(&folder).to_owned();
            let error =
                error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of links"));
            Some(Err((path, error)))
        }
    })
}

/// Sorts siblings as the whole paths sort: a folder's name goes on with a slash.
fn sort_key(entry: &DirEntry) -> OsString {
    let mut name = entry.file_name().to_owned();
    if entry.file_type().is_dir() {
        name.push("/");
    }
    name
}
