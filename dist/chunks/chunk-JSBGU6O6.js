import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a as e}from"./chunk-RFD6YA5B.js";function o(r){return{every:3e3,patience:20*6e4,frugal:e(r)}}export{o as a};
