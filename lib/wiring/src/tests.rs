mod block;
mod hooks;
mod properties;
mod roots;
mod undo;
