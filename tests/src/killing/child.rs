//! A process that is started to be killed: what it is told, and what it said before its end.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How long a process may be silent that has something to say.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running process. It is killed when this goes, and ends by itself when its standard input does.
pub(super) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    said: Receiver<String>,
}

impl Running {
    pub(super) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("its output"));
        let (say, said) = channel();
        // What is in the pipe was said, however its process ended.
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            while output.read_line(&mut line).is_ok_and(|length| length > 0) {
                // Half a line was not said.
                if !line.ends_with('\n') || say.send(line.trim_end().to_owned()).is_err() {
                    break;
                }
                line.clear();
            }
        });
        Self { child, input, said }
    }

    /// Tells it lines; one that has just ended does not hear them.
    pub(super) fn tell(&mut self, lines: &str) {
        if let Some(input) = &mut self.input {
            drop(input.write_all(lines.as_bytes()));
        }
    }

    /// The next line that it says; none once it has ended.
    pub(super) fn hear(&self) -> Option<String> {
        match self.said.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("process {} said nothing for a minute", self.child.id()),
        }
    }

    /// Kills it. Returns what it had said and nobody had heard yet.
    pub(super) fn kill(mut self) -> Vec<String> {
        self.stop();
        self.said.iter().collect()
    }

    /// Lets it end by itself. Returns what it had said and nobody had heard yet, and whether it did end by itself.
    pub(super) fn end(mut self) -> (Vec<String>, bool) {
        self.input = None;
        let said = self.said.iter().collect();
        (said, self.child.wait().is_ok_and(|status| status.success()))
    }

    fn stop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
