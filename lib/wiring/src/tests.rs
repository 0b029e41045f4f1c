mod allow_write;
mod block;
mod diff;
mod hooks;
mod properties;
mod roots;
mod status_line;
mod undo;
