package app.afterglow.mobile

import android.content.Context
import android.net.nsd.NsdManager
import android.net.nsd.NsdServiceInfo
import android.os.Build
import androidx.annotation.RequiresApi
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/** Android's own discovery of services. */
internal class Discovery(
    context: Context,
) {
    private val nsd = context.getSystemService(NsdManager::class.java)
    private val executor: Executor = Executors.newSingleThreadExecutor()
    private val announced = HashMap<String, NsdManager.RegistrationListener>()
    private val followed = HashMap<String, NsdManager.ServiceInfoCallback>()
    private var browsing: NsdManager.DiscoveryListener? = null
    private var tell: (Seen) -> Unit = {}
    private val resolving = OneByOne(MOST_WAITING, ::resolve)

    /** Settles with nothing, or with the code of what went wrong. */
    @Synchronized
    fun announce(
        instance: String,
        port: Int,
        text: Map<String, String>,
        settle: (Int?) -> Unit,
    ) {
        val service = NsdServiceInfo()
        service.serviceName = instance
        service.serviceType = SERVICE_TYPE
        service.port = port
        text.forEach { (name, value) -> service.setAttribute(name, value) }
        val listener = Registration(settle)
        announced[instance] = listener
        nsd.registerService(service, NsdManager.PROTOCOL_DNS_SD, listener)
    }

    @Synchronized
    fun withdraw(instance: String) {
        announced.remove(instance)?.let { quietly { nsd.unregisterService(it) } }
    }

    @Synchronized
    fun browse(
        settle: (Int?) -> Unit,
        tell: (Seen) -> Unit,
    ) {
        stopBrowsing()
        this.tell = tell
        val listener = Browsing(settle)
        browsing = listener
        nsd.discoverServices(SERVICE_TYPE, NsdManager.PROTOCOL_DNS_SD, listener)
    }

    @Synchronized
    fun stopBrowsing() {
        browsing?.let { quietly { nsd.stopServiceDiscovery(it) } }
        browsing = null
        resolving.clear()
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) unfollow()
    }

    @Synchronized
    fun close() {
        stopBrowsing()
        announced.keys.toList().forEach(::withdraw)
    }

    private fun found(service: NsdServiceInfo) {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) follow(service) else resolving.add(service)
    }

    /** From Android 14 on the system tells changes of a service by itself. */
    @Synchronized
    @RequiresApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
    private fun follow(service: NsdServiceInfo) {
        if (service.serviceName in followed || followed.size >= MOST_WAITING) return
        val callback =
            object : NsdManager.ServiceInfoCallback {
                override fun onServiceInfoCallbackRegistrationFailed(errorCode: Int) = Unit

                override fun onServiceUpdated(serviceInfo: NsdServiceInfo) {
                    tell(seen(serviceInfo, serviceInfo.hostAddresses.mapNotNull { it.hostAddress }))
                }

                override fun onServiceLost() = Unit

                override fun onServiceInfoCallbackUnregistered() = Unit
            }
        followed[service.serviceName] = callback
        nsd.registerServiceInfoCallback(service, executor, callback)
    }

    @RequiresApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
    private fun unfollow() {
        followed.values.forEach { quietly { nsd.unregisterServiceInfoCallback(it) } }
        followed.clear()
    }

    @Synchronized
    private fun lost(service: NsdServiceInfo) {
        val callback = followed.remove(service.serviceName) ?: return
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
            quietly { nsd.unregisterServiceInfoCallback(callback) }
        }
    }

    /** Before Android 14 one service is resolved at a time. */
    @Suppress("DEPRECATION")
    private fun resolve(service: NsdServiceInfo) {
        nsd.resolveService(
            service,
            object : NsdManager.ResolveListener {
                override fun onResolveFailed(
                    serviceInfo: NsdServiceInfo,
                    errorCode: Int,
                ) = resolving.ended()

                override fun onServiceResolved(serviceInfo: NsdServiceInfo) {
                    tell(seen(serviceInfo, listOfNotNull(serviceInfo.host?.hostAddress)))
                    resolving.ended()
                }
            },
        )
    }

    private fun seen(
        service: NsdServiceInfo,
        addresses: List<String>,
    ): Seen {
        val text = service.attributes.mapValues { (_, value) -> value?.let { String(it, Charsets.UTF_8) }.orEmpty() }
        return Seen(service.serviceName, service.port, addresses, text)
    }

    /** The system throws when it has ended something by itself already. */
    private fun quietly(end: () -> Unit) {
        try {
            end()
        } catch (_: IllegalArgumentException) {
        }
    }

    private class Registration(
        private val settle: (Int?) -> Unit,
    ) : NsdManager.RegistrationListener {
        override fun onRegistrationFailed(
            serviceInfo: NsdServiceInfo,
            errorCode: Int,
        ) = settle(errorCode)

        override fun onUnregistrationFailed(
            serviceInfo: NsdServiceInfo,
            errorCode: Int,
        ) = Unit

        override fun onServiceRegistered(serviceInfo: NsdServiceInfo) = settle(null)

        override fun onServiceUnregistered(serviceInfo: NsdServiceInfo) = Unit
    }

    private inner class Browsing(
        private val settle: (Int?) -> Unit,
    ) : NsdManager.DiscoveryListener {
        override fun onStartDiscoveryFailed(
            serviceType: String,
            errorCode: Int,
        ) = settle(errorCode)

        override fun onStopDiscoveryFailed(
            serviceType: String,
            errorCode: Int,
        ) = Unit

        override fun onDiscoveryStarted(serviceType: String) = settle(null)

        override fun onDiscoveryStopped(serviceType: String) = Unit

        override fun onServiceFound(serviceInfo: NsdServiceInfo) = found(serviceInfo)

        override fun onServiceLost(serviceInfo: NsdServiceInfo) = lost(serviceInfo)
    }

    private companion object {
        const val SERVICE_TYPE = "_afterglow._udp"
        const val MOST_WAITING = 64
    }
}
