import '@fontsource-variable/figtree';
import '../styles/tokens.css';
import '../styles/base.css';
import { mount } from 'svelte';
import Guest from './Guest.svelte';

const target = document.getElementById('app');
if (target !== null) mount(Guest, { target });
