import Foundation
import ImageIO
import Photos
import UniformTypeIdentifiers

/// The person's photos: saving to them, and pictures that only the system can decode.
enum Gallery {
    private static let quality = 0.85

    static func save(_ file: URL, name: String, done: @escaping (Error?) -> Void) {
        let type = UTType(filenameExtension: (name as NSString).pathExtension)
        let kind: PHAssetResourceType = type?.conforms(to: .movie) == true ? .video : .photo
        // It asks by itself, and only for adding.
        PHPhotoLibrary.shared().performChanges {
            let options = PHAssetResourceCreationOptions()
            options.originalFilename = FileName.of(name)
            PHAssetCreationRequest.forAsset().addResource(with: kind, fileURL: file, options: options)
        } completionHandler: { _, error in
            done(error)
        }
    }

    /// Whether ImageIO decodes it. The JPEG is upright and carries nothing of the picture's metadata.
    static func preview(_ picture: URL, jpeg: URL, pixels: Int) -> Bool {
        let thumbnail: [CFString: Any] = [
            kCGImageSourceCreateThumbnailFromImageAlways: true,
            kCGImageSourceCreateThumbnailWithTransform: true,
            kCGImageSourceThumbnailMaxPixelSize: pixels,
        ]
        guard let source = CGImageSourceCreateWithURL(picture as CFURL, nil),
            let image = CGImageSourceCreateThumbnailAtIndex(source, 0, thumbnail as CFDictionary),
            let target = CGImageDestinationCreateWithURL(jpeg as CFURL, UTType.jpeg.identifier as CFString, 1, nil)
        else { return false }
        let options: [CFString: Any] = [kCGImageDestinationLossyCompressionQuality: quality]
        CGImageDestinationAddImage(target, image, options as CFDictionary)
        return CGImageDestinationFinalize(target)
    }
}
