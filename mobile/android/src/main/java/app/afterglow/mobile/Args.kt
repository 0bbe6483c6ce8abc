package app.afterglow.mobile

import app.tauri.annotation.InvokeArg
import app.tauri.plugin.Channel

// What commands are given and answer: the fields of `mobile/src/contract.rs`.

@InvokeArg
class ListenArgs {
    lateinit var events: Channel
}

@InvokeArg
class AskArgs {
    lateinit var what: String
}

@InvokeArg
class AnnounceArgs {
    lateinit var instance: String
    var port: Int = 0
    var text: Map<String, String> = emptyMap()
}

@InvokeArg
class WithdrawArgs {
    lateinit var instance: String
}

@InvokeArg
class BrowseArgs {
    lateinit var events: Channel
}

@InvokeArg
class SignArgs {
    lateinit var title: String
}

@InvokeArg
class WatchRollArgs {
    lateinit var folder: String
    var sinceMs: Long = 0
}

@InvokeArg
class FolderArgs {
    lateinit var folder: String
}

@InvokeArg
class SaveArgs {
    lateinit var path: String
    lateinit var name: String
}

@InvokeArg
class ShareArgs {
    lateinit var files: List<SharedFile>
}

@InvokeArg
class SharedFile {
    lateinit var path: String
    lateinit var name: String
    var modifiedMs: Long? = null
}

@InvokeArg
class PreviewArgs {
    lateinit var path: String
    lateinit var jpeg: String
    var pixels: Int = 0
}

/** A service that was seen. */
class Seen(
    val instance: String,
    val port: Int,
    val addresses: List<String>,
    val text: Map<String, String>,
)

/** Files that were put into a folder. */
class Files(
    val files: List<NativeFile>,
)

/** One of them. */
class NativeFile(
    val path: String,
    val name: String,
    val modifiedMs: Long?,
)
