//! A handoff is archived once the client has the answer that holds it.
//!
//! `inbox read --receipt` prints a handoff, holds its claim on it and waits for a line. It gets that line when the answer
//! has been written to the client. If the call is cancelled, the client is gone or this server is killed, the line never
//! comes, and the handoff is unread again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{JsonRpcMessage, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::AsyncWriteExt;
use tokio::process::Child;

/// How long an answered reader may take to archive before this server goes on without it.
const ARCHIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Readers that wait for their answers to be written, by the request that they belong to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receipts(Arc<Mutex<HashMap<RequestId, Child>>>);

impl Receipts {
    /// Keeps `reader` until the answer to `request` is written.
    pub(crate) fn expect(&self, request: RequestId, reader: Child) {
        self.lock().insert(request, reader);
    }

    /// Takes the reader of `request`, if there is one. Dropping it gives back what it holds.
    pub(crate) fn take(&self, request: &RequestId) -> Option<Child> {
        self.lock().remove(request)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Child>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has `reader` archive what it holds.
async fn confirm(mut reader: Child) {
    if let Some(mut stdin) = reader.stdin.take() {
        // One that is gone has given back what it held.
        let _ = stdin.write_all(b"received\n").await;
    }
    let _ = tokio::time::timeout(ARCHIVE_TIMEOUT, reader.wait()).await;
}

/// A transport that tells readers when their answers are written.
pub(crate) struct Confirming<T> {
    pub(crate) inner: T,
    pub(crate) receipts: Receipts,
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Confirming<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        // Taken before the first await, so that the task that watches for a cancelled call finds nothing to release.
        let reader = match &item {
            JsonRpcMessage::Response(response) => self.receipts.take(&response.id),
            _ => None,
        };
        let send = self.inner.send(item);
        async move {
            send.await?;
            if let Some(reader) = reader {
                confirm(reader).await;
            }
            Ok(())
        }
    }

    fn receive(&mut self) -> impl Future<Output = Option<RxJsonRpcMessage<RoleServer>>> + Send {
        self.inner.receive()
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}
