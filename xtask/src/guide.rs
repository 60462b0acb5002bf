//! The project that the user guide builds, typed in as the guide says.
//!
//! A fence with a file name, as in ```` ```rust file=src/lib.rs ````, is that file; the lines of a
//! `console` fence that begin with `$ ` are commands. Both happen in the order of the guide, and
//! the guide shows no other Rust, TOML or shell: what a reader copies is what was run.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::{root, target_dir};

const GUIDE: &str = "docs/model-check-your-code.md";

/// How long a command of the guide may take; a model that explodes would go on for days.
const LIMIT: &str = "10m";

/// What stands in the guide for the folder of the workspace.
const PLACEHOLDER: &str = "PATH/TO/threadkit";

/// Follows the guide in a fresh folder; fails if it does not work.
pub(crate) fn follow(sh: &Shell) -> Result<()> {
    let text = std::fs::read_to_string(root().join(GUIDE))
        .with_context(|| format!("the user guide {GUIDE} is missing"))?;
    let steps = steps(&text.replace(PLACEHOLDER, &root().to_string_lossy()))?;
    let is_command = |step: &&Step| matches!(step, Step::Run(_));
    let commands = steps.iter().filter(is_command).count();
    ensure!(commands > 0, "{GUIDE} has no `console` fence with a command");
    let folder = sh.create_temp_dir()?;
    sh.copy_file(root().join("Cargo.lock"), folder.path())?;
    let _in_folder = sh.push_dir(folder.path());
    for step in &steps {
        step.take(sh, folder.path())?;
    }
    println!("{GUIDE}: {commands} commands succeeded");
    Ok(())
}

/// Something a reader of the guide does.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Write { file: String, text: String },
    Run(String),
}

impl Step {
    fn take(&self, sh: &Shell, folder: &Path) -> Result<()> {
        match self {
            Self::Write { file, text } => sh.write_file(folder.join(file), text)?,
            Self::Run(command) => cmd!(sh, "timeout {LIMIT} bash -c {command}")
                // With the workspace's lock file and folder, nothing is compiled that the models have compiled.
                .env("CARGO_TARGET_DIR", target_dir())
                .env_remove("RUSTFLAGS")
                .run()?,
        }
        Ok(())
    }
}

/// What a reader of this guide does, in order.
fn steps(guide: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for fence in fences(guide)? {
        let mut words = fence.info.split_whitespace();
        let language = words.next().unwrap_or_default();
        if let Some(file) = words.find_map(|word| word.strip_prefix("file=")) {
            steps.push(Step::Write { file: file.to_owned(), text: fence.text });
            continue;
        }
        match language {
            "console" => steps.extend(commands(&fence.text)?),
            "rust" | "toml" => bail!("line {}: a {language} fence without `file=`", fence.line),
            "sh" | "bash" | "shell" => {
                bail!("line {}: commands stand in `console` fences", fence.line)
            }
            _ => {}
        }
    }
    Ok(steps)
}

/// The lines that begin with `$ `; the others are what the commands print.
fn commands(console: &str) -> Result<Vec<Step>> {
    let commands = console.lines().filter_map(|line| line.strip_prefix("$ "));
    let steps = commands.map(|command| {
        ensure!(!command.ends_with('\\'), "a command on more than one line: {command}");
        Ok(Step::Run(command.to_owned()))
    });
    steps.collect()
}

/// A fenced block of a Markdown text.
#[derive(Debug, PartialEq, Eq)]
struct Fence {
    /// The line that opens it, counted from 1.
    line: usize,
    info: String,
    text: String,
}

fn fences(markdown: &str) -> Result<Vec<Fence>> {
    let mut fences = Vec::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((index, opening)) = lines.next() {
        let info = opening.trim_start().trim_start_matches('`');
        let indent = opening.len() - opening.trim_start().len();
        let ticks = &opening[indent..opening.len() - info.len()];
        if ticks.len() < 3 || info.contains('`') {
            continue;
        }
        let mut text = String::new();
        loop {
            let (_, line) = lines
                .next()
                .with_context(|| format!("line {}: the fence has no end", index + 1))?;
            let content = &line[indent.min(line.len() - line.trim_start().len())..];
            if content.trim_end().trim_end_matches('`').is_empty() && content.starts_with(ticks) {
                break;
            }
            text.push_str(content);
            text.push('\n');
        }
        fences.push(Fence { line: index + 1, info: info.trim().to_owned(), text });
    }
    Ok(fences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_commands_come_in_the_order_of_the_guide() {
        let guide = "# A guide\n\n```toml file=Cargo.toml\n[package]\n```\n\ntext `$ code`\n\n\
            ```console\n$ cargo test\nrunning 1 test\n$ echo $HOME\n```\n\n\
            ```rust file=src/lib.rs\n//! A.\n\nfn a() {}\n```\n```text\n$ nothing\n```\n";
        let write =
            |file: &str, text: &str| Step::Write { file: file.to_owned(), text: text.to_owned() };
        assert_eq!(
            steps(guide).unwrap(),
            [
                write("Cargo.toml", "[package]\n"),
                Step::Run("cargo test".to_owned()),
                Step::Run("echo $HOME".to_owned()),
                write("src/lib.rs", "//! A.\n\nfn a() {}\n"),
            ]
        );
    }

    #[test]
    fn a_fence_in_a_list_is_dedented() {
        let fences = fences("1. text\n\n   ```rust\n   a\n     b\n\n   ```\n").unwrap();
        assert_eq!(fences[0].text, "a\n  b\n\n");
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one() {
        let fences = fences("````text\n```rust\n```\n````\nafter\n").unwrap();
        assert_eq!(fences.len(), 1);
        assert_eq!((fences[0].line, fences[0].text.as_str()), (1, "```rust\n```\n"));
    }

    #[test]
    fn what_nobody_runs_is_refused() {
        for guide in [
            "```rust\nfn a() {}\n```\n",
            "```bash\ncargo test\n```\n",
            "```console\n$ cargo \\\n  test\n```\n",
            "```console\n$ cargo test\n",
        ] {
            assert!(steps(guide).is_err(), "{guide}");
        }
    }

    #[test]
    fn steps_are_taken_in_a_folder() {
        let sh = Shell::new().unwrap();
        let folder = sh.create_temp_dir().unwrap();
        let _in_folder = sh.push_dir(folder.path());
        for step in
            steps("```text file=a/b\nc\n```\n```console\n$ test $(cat a/b) = c\n```\n").unwrap()
        {
            step.take(&sh, folder.path()).unwrap();
        }
        let fails = Step::Run("test -e nothing".to_owned());
        assert!(fails.take(&sh, folder.path()).is_err());
    }
}
