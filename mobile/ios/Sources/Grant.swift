import AVFoundation
import Photos
import UserNotifications

/// What the system says about a permission, in the words that Rust uses.
enum Grant {
    static let granted = "granted"
    static let denied = "denied"
    static let notAsked = "notAsked"

    /// A choice of some photos shows no new ones: it is no permission to watch.
    static func of(_ status: PHAuthorizationStatus) -> String {
        switch status {
        case .authorized: return granted
        case .notDetermined: return notAsked
        default: return denied
        }
    }

    static func of(_ status: AVAuthorizationStatus) -> String {
        switch status {
        case .authorized: return granted
        case .notDetermined: return notAsked
        default: return denied
        }
    }

    static func of(_ status: UNAuthorizationStatus) -> String {
        switch status {
        case .notDetermined: return notAsked
        case .denied: return denied
        default: return granted
        }
    }
}
