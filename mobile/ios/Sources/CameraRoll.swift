import Foundation
import Photos

/// Copies what the camera takes from a moment on into a folder, where Rust finds it.
final class CameraRoll: NSObject, PHPhotoLibraryChangeObserver {
    private let queue = DispatchQueue(label: "app.afterglow.camera-roll", qos: .utility)
    private var folder: URL?
    private var since = Date()
    private var seen = Set<String>()

    func start(copyingTo folder: URL, since: Date) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        stop()
        queue.sync {
            self.folder = folder
            self.since = since
            seen.removeAll()
        }
        PHPhotoLibrary.shared().register(self)
        queue.async { [self] in look() }
    }

    func stop() {
        PHPhotoLibrary.shared().unregisterChangeObserver(self)
        queue.sync { folder = nil }
    }

    func photoLibraryDidChange(_ changeInstance: PHChange) {
        queue.async { [self] in look() }
    }

    private func look() {
        guard let folder = folder else { return }
        let options = PHFetchOptions()
        options.predicate = NSPredicate(format: "creationDate >= %@", since as NSDate)
        options.sortDescriptors = [NSSortDescriptor(key: "creationDate", ascending: true)]
        // What was synchronised from elsewhere or sent by others is no capture of this phone.
        options.includeAssetSourceTypes = .typeUserLibrary
        PHAsset.fetchAssets(with: options).enumerateObjects { [self] asset, _, _ in
            let isCapture = !asset.mediaSubtypes.contains(.photoScreenshot)
            if isCapture && seen.insert(asset.localIdentifier).inserted { copy(asset, to: folder) }
        }
    }

    private func copy(_ asset: PHAsset, to folder: URL) {
        let wanted: PHAssetResourceType = asset.mediaType == .video ? .video : .photo
        let resources = PHAssetResource.assetResources(for: asset)
        guard let original = resources.first(where: { $0.type == wanted }) else { return }
        let file = FileName.free(original.originalFilename, in: folder)
        let growing = FileName.growing(file)
        let options = PHAssetResourceRequestOptions()
        options.isNetworkAccessAllowed = false
        PHAssetResourceManager.default().writeData(for: original, toFile: growing, options: options) { [self] error in
            if error == nil {
                try? FileManager.default.moveItem(at: growing, to: file)
            } else {
                try? FileManager.default.removeItem(at: growing)
                queue.async { self.seen.remove(asset.localIdentifier) }
            }
        }
    }
}
