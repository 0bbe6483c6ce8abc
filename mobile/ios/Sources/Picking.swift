import PhotosUI
import UIKit
import UniformTypeIdentifiers

/// The system's picker. It needs no permission, and gives files as they were taken: the webview's own would make JPEGs.
final class Picking: NSObject, PHPickerViewControllerDelegate {
    let controller: PHPickerViewController
    private let folder: URL
    private let done: ([NativeFile]) -> Void

    init(into folder: URL, done: @escaping ([NativeFile]) -> Void) {
        var configuration = PHPickerConfiguration(photoLibrary: .shared())
        configuration.selectionLimit = 0
        configuration.filter = .any(of: [.images, .videos])
        configuration.preferredAssetRepresentationMode = .current
        controller = PHPickerViewController(configuration: configuration)
        self.folder = folder
        self.done = done
        super.init()
        controller.delegate = self
    }

    func picker(_ picker: PHPickerViewController, didFinishPicking results: [PHPickerResult]) {
        picker.dismiss(animated: true)
        let everything = DispatchGroup()
        let lock = NSLock()
        var files: [NativeFile] = []
        for result in results {
            everything.enter()
            copy(result.itemProvider) { file in
                lock.lock()
                if let file = file { files.append(file) }
                lock.unlock()
                everything.leave()
            }
        }
        everything.notify(queue: .main) { [done] in done(files) }
    }

    private func copy(_ provider: NSItemProvider, _ copied: @escaping (NativeFile?) -> Void) {
        let types = [UTType.movie.identifier, UTType.image.identifier]
        guard let type = types.first(where: provider.hasItemConformingToTypeIdentifier) else {
            copied(nil)
            return
        }
        // The file that is lent is gone after the call.
        provider.loadFileRepresentation(forTypeIdentifier: type) { [folder] lent, _ in
            guard let lent = lent else {
                copied(nil)
                return
            }
            copied(SharedFolder.take(lent, to: folder) { try FileManager.default.copyItem(at: $0, to: $1) })
        }
    }
}
