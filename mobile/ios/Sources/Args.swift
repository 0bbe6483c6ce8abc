import Tauri

// What commands are given and answer: the fields of `mobile/src/contract.rs`.

struct ListenArgs: Decodable {
    let events: Channel
}

struct AskArgs: Decodable {
    let what: String
}

struct AnnounceArgs: Decodable {
    let instance: String
    let port: UInt16
    let text: [String: String]
}

struct WithdrawArgs: Decodable {
    let instance: String
}

struct BrowseArgs: Decodable {
    let events: Channel
}

struct SignArgs: Decodable {
    let title: String
}

struct WatchRollArgs: Decodable {
    let folder: String
    let sinceMs: Int64
}

struct FolderArgs: Decodable {
    let folder: String
}

struct SaveArgs: Decodable {
    let path: String
    let name: String
}

struct ShareArgs: Decodable {
    let files: [SharedFile]
}

struct SharedFile: Decodable {
    let path: String
    let name: String
    let modifiedMs: Int64?
}

struct PreviewArgs: Decodable {
    let path: String
    let jpeg: String
    let pixels: Int
}

/// A service that was seen.
struct Seen: Encodable {
    let instance: String
    let port: UInt16
    let addresses: [String]
    let text: [String: String]
}

/// Files that were put into a folder.
struct Files: Encodable {
    let files: [NativeFile]
}

/// One of them.
struct NativeFile: Encodable {
    let path: String
    let name: String
    let modifiedMs: Int64?
}
