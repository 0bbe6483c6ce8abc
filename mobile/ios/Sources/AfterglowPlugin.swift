import AVFoundation
import Photos
import PhotosUI
import Tauri
import UIKit
import UserNotifications
import WebKit

/// What Rust tells this phone to do. The names and fields are those of `mobile/src/contract.rs`.
class AfterglowPlugin: Plugin {
    private let discovery = Discovery()
    private let localNetwork = LocalNetwork()
    private let roll = CameraRoll()
    private let catchUp = CatchUp()
    private let disk = DispatchQueue(label: "app.afterglow.disk", qos: .utility)
    private var picking: Picking?
    private var events: Channel?

    @objc override func load(webview: WKWebView) {
        let center = NotificationCenter.default
        center.addObserver(self, selector: #selector(resumed), name: UIApplication.didBecomeActiveNotification, object: nil)
        center.addObserver(self, selector: #selector(paused), name: UIApplication.didEnterBackgroundNotification, object: nil)
        catchUp.register { [weak self] in self?.tell("catchUp") }
    }

    @objc private func resumed() {
        tell("resumed")
    }

    @objc private func paused() {
        catchUp.schedule()
        tell("paused")
    }

    private func tell(_ kind: String) {
        events?.send(["kind": kind])
    }

    @objc public func listen(_ invoke: Invoke) throws {
        events = try invoke.parseArgs(ListenArgs.self).events
        invoke.resolve()
        if SharedFolder.isWaiting { tell("shared") }
    }

    @objc public func permissions(_ invoke: Invoke) throws {
        answerPermissions(invoke)
    }

    @objc public func ask(_ invoke: Invoke) throws {
        let args = try invoke.parseArgs(AskArgs.self)
        let answer = { [weak self] in self?.answerPermissions(invoke) ?? invoke.reject("the app has ended") }
        switch args.what {
        case "localNetwork":
            localNetwork.probe { answer() }
        case "photos":
            PHPhotoLibrary.requestAuthorization(for: .readWrite) { _ in answer() }
        case "camera":
            AVCaptureDevice.requestAccess(for: .video) { _ in answer() }
        case "notifications":
            UNUserNotificationCenter.current().requestAuthorization(options: [.alert]) { _, _ in answer() }
        default:
            invoke.reject("nobody can be asked for \(args.what)")
        }
    }

    private func answerPermissions(_ invoke: Invoke) {
        UNUserNotificationCenter.current().getNotificationSettings { [localNetwork] settings in
            invoke.resolve([
                "localNetwork": localNetwork.grant,
                "photos": Grant.of(PHPhotoLibrary.authorizationStatus(for: .readWrite)),
                "camera": Grant.of(AVCaptureDevice.authorizationStatus(for: .video)),
                "notifications": Grant.of(settings.authorizationStatus),
            ])
        }
    }

    @objc public func announce(_ invoke: Invoke) throws {
        let args = try invoke.parseArgs(AnnounceArgs.self)
        discovery.announce(args.instance, port: args.port, text: args.text) { failure in
            self.settle(invoke, failure)
        }
    }

    @objc public func withdraw(_ invoke: Invoke) throws {
        discovery.withdraw(try invoke.parseArgs(WithdrawArgs.self).instance)
        invoke.resolve()
    }

    @objc public func browse(_ invoke: Invoke) throws {
        let events = try invoke.parseArgs(BrowseArgs.self).events
        discovery.browse { seen in try? events.send(seen) }
        invoke.resolve()
    }

    @objc public func stopBrowsing(_ invoke: Invoke) throws {
        discovery.stopBrowsing()
        invoke.resolve()
    }

    /// iOS lets no app share unseen: it may finish what it is doing, and is woken later to catch up.
    @objc public func startSharing(_ invoke: Invoke) throws {
        _ = try invoke.parseArgs(SignArgs.self)
        catchUp.isWanted = true
        invoke.resolve()
    }

    @objc public func stopSharing(_ invoke: Invoke) throws {
        catchUp.isWanted = false
        invoke.resolve()
    }

    @objc public func watchRoll(_ invoke: Invoke) throws {
        let args = try invoke.parseArgs(WatchRollArgs.self)
        let since = Date(timeIntervalSince1970: Double(args.sinceMs) / 1000)
        try roll.start(copyingTo: URL(fileURLWithPath: args.folder), since: since)
        invoke.resolve()
    }

    @objc public func stopRoll(_ invoke: Invoke) throws {
        roll.stop()
        invoke.resolve()
    }

    @objc public func pick(_ invoke: Invoke) throws {
        let folder = URL(fileURLWithPath: try invoke.parseArgs(FolderArgs.self).folder)
        DispatchQueue.main.async { [self] in
            let picking = Picking(into: folder) { [weak self] files in
                self?.picking = nil
                invoke.resolve(Files(files: files))
            }
            self.picking = picking
            manager.viewController?.present(picking.controller, animated: true)
        }
    }

    @objc public func takeShared(_ invoke: Invoke) throws {
        let folder = URL(fileURLWithPath: try invoke.parseArgs(FolderArgs.self).folder)
        disk.async { invoke.resolve(Files(files: SharedFolder.move(to: folder))) }
    }

    @objc public func openSettings(_ invoke: Invoke) throws {
        DispatchQueue.main.async {
            guard let settings = URL(string: UIApplication.openSettingsURLString) else {
                invoke.reject("this system has no settings of apps")
                return
            }
            UIApplication.shared.open(settings) { _ in invoke.resolve() }
        }
    }

    @objc public func share(_ invoke: Invoke) throws {
        let files = try invoke.parseArgs(ShareArgs.self).files.map { URL(fileURLWithPath: $0.path) }
        DispatchQueue.main.async { [self] in
            let sheet = UIActivityViewController(activityItems: files, applicationActivities: nil)
            // An iPad shows it as a bubble, which has to point somewhere.
            if let view = manager.viewController?.view, let bubble = sheet.popoverPresentationController {
                bubble.sourceView = view
                bubble.sourceRect = CGRect(x: view.bounds.midX, y: view.bounds.maxY, width: 0, height: 0)
            }
            sheet.completionWithItemsHandler = { _, _, _, _ in invoke.resolve() }
            manager.viewController?.present(sheet, animated: true)
        }
    }

    @objc public func save(_ invoke: Invoke) throws {
        let args = try invoke.parseArgs(SaveArgs.self)
        Gallery.save(URL(fileURLWithPath: args.path), name: args.name) { error in
            self.settle(invoke, error?.localizedDescription)
        }
    }

    @objc public func preview(_ invoke: Invoke) throws {
        let args = try invoke.parseArgs(PreviewArgs.self)
        disk.async {
            let made = Gallery.preview(
                URL(fileURLWithPath: args.path), jpeg: URL(fileURLWithPath: args.jpeg), pixels: args.pixels)
            invoke.resolve(["made": made])
        }
    }

    private func settle(_ invoke: Invoke, _ failure: String?) {
        if let failure = failure {
            invoke.reject(failure)
        } else {
            invoke.resolve()
        }
    }
}

@_cdecl("init_plugin_afterglow")
func initPlugin() -> Plugin {
    return AfterglowPlugin()
}
