import Foundation

/// What other apps have opened in this one: iOS lays it into the app's inbox.
enum SharedFolder {
    private static var inbox: URL? {
        let documents = FileManager.default.urls(for: .documentDirectory, in: .userDomainMask).first
        return documents?.appendingPathComponent("Inbox", isDirectory: true)
    }

    private static var waiting: [URL] {
        guard let inbox = inbox else { return [] }
        return (try? FileManager.default.contentsOfDirectory(at: inbox, includingPropertiesForKeys: nil)) ?? []
    }

    static var isWaiting: Bool {
        return !waiting.isEmpty
    }

    static func move(to folder: URL) -> [NativeFile] {
        return waiting.compactMap { file in
            take(file, to: folder) { try FileManager.default.moveItem(at: $0, to: $1) }
        }
    }

    /// Takes a file into a folder under a name that is free there; nothing when it is gone.
    static func take(_ file: URL, to folder: URL, by taking: (URL, URL) throws -> Void) -> NativeFile? {
        let kept = FileName.free(file.lastPathComponent, in: folder)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try taking(file, kept)
        } catch {
            return nil
        }
        return NativeFile(path: kept.path, name: kept.lastPathComponent, modifiedMs: nil)
    }
}
