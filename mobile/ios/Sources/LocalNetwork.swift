import Foundation
import Network

/// Whether the person lets the app use the local network. iOS has no question for it: one tries, and sees.
final class LocalNetwork {
    private static let patience: TimeInterval = 30

    private let queue = DispatchQueue(label: "app.afterglow.local-network")
    private let state = NSLock()
    private var known = Grant.notAsked
    private var browser: NWBrowser?
    private var listener: NWListener?

    var grant: String {
        state.lock()
        defer { state.unlock() }
        return known
    }

    /// Announces a service of its own and looks for it: the first attempt makes iOS ask, and only with permission is it found.
    func probe(_ done: @escaping () -> Void) {
        queue.async { [self] in
            let name = UUID().uuidString
            guard let listener = try? NWListener(using: .udp) else {
                done()
                return
            }
            listener.service = NWListener.Service(name: name, type: Discovery.serviceType)
            listener.newConnectionHandler = { $0.cancel() }
            let browser = NWBrowser(for: .bonjour(type: Discovery.serviceType, domain: nil), using: .udp)
            self.listener = listener
            self.browser = browser
            let timer = DispatchWorkItem { [weak self] in self?.finish(nil, done) }
            browser.stateUpdateHandler = { [weak self] state in
                // With `waiting` iOS says that policy denies it: the person has answered no, or not yet.
                if case .waiting = state { self?.note(Grant.denied) }
            }
            browser.browseResultsChangedHandler = { [weak self] results, _ in
                let isFound = results.contains { result in
                    if case let .service(found, _, _, _) = result.endpoint { return found == name }
                    return false
                }
                guard isFound else { return }
                timer.cancel()
                self?.finish(Grant.granted, done)
            }
            listener.start(queue: queue)
            browser.start(queue: queue)
            queue.asyncAfter(deadline: .now() + LocalNetwork.patience, execute: timer)
        }
    }

    private func finish(_ grant: String?, _ done: () -> Void) {
        guard browser != nil else { return }
        browser?.cancel()
        listener?.cancel()
        browser = nil
        listener = nil
        if let grant = grant { note(grant) }
        done()
    }

    private func note(_ grant: String) {
        state.lock()
        known = grant
        state.unlock()
    }
}
