import Foundation

/// Names that other apps give to files, made harmless: they stay in their folder and are no hidden files.
enum FileName {
    private static let longest = 120

    static func of(_ given: String) -> String {
        let last = given.components(separatedBy: CharacterSet(charactersIn: "/\\")).last ?? ""
        let plain = last.components(separatedBy: .controlCharacters).joined().drop { $0 == "." || $0 == " " }
        return plain.isEmpty ? "photo" : String(plain.suffix(longest))
    }

    /// `photo.jpg`, then `photo 2.jpg`.
    static func free(_ given: String, in folder: URL) -> URL {
        let name = of(given) as NSString
        let ending = name.pathExtension.isEmpty ? "" : "." + name.pathExtension
        var file = folder.appendingPathComponent(name as String)
        var number = 2
        while FileManager.default.fileExists(atPath: file.path) {
            file = folder.appendingPathComponent("\(name.deletingPathExtension) \(number)\(ending)")
            number += 1
        }
        return file
    }

    /// While a file grows it is hidden: Rust takes it once it is whole.
    static func growing(_ file: URL) -> URL {
        return file.deletingLastPathComponent().appendingPathComponent("." + file.lastPathComponent)
    }
}
