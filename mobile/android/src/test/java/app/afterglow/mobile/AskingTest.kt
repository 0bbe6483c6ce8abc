package app.afterglow.mobile

import org.junit.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull

class AskingTest {
    @Test
    fun `the local network is asked for as each Android wants it`() {
        assertNull(Asking.alias("localNetwork", 32))
        assertEquals("nearbyDevices", Asking.alias("localNetwork", 33))
        assertEquals("nearbyDevices", Asking.alias("localNetwork", 36))
        assertEquals("localNetwork", Asking.alias("localNetwork", 37))
    }

    @Test
    fun `photos were storage before Android 13`() {
        assertEquals("storage", Asking.alias("photos", 24))
        assertEquals("photos", Asking.alias("photos", 33))
    }

    @Test
    fun `notifications needed no asking before Android 13`() {
        assertNull(Asking.alias("notifications", 32))
        assertEquals("notifications", Asking.alias("notifications", 33))
    }

    @Test
    fun `everything that a person can be asked for has an answer`() {
        for (sdk in 24..40) for (what in Asking.ALL) Asking.alias(what, sdk)
        assertFailsWith<IllegalArgumentException> { Asking.alias("location", 36) }
    }
}
